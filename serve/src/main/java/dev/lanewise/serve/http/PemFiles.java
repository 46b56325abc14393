package dev.lanewise.serve.http;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.nn.io.InputLimits;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** Reads a certificate and its key as most tools write them, in PEM, for TLS. */
public final class PemFiles {
    private static final long MOST_BYTES = 1 << 20;
    private static final String CHAIN_KIND = "a chain of certificates in PEM";
    private static final String KEY_KIND = "an unencrypted private key in PEM (PKCS #8)";
    private static final String KEY_REMEDY = "convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW";
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN PRIVATE KEY-----([A-Za-z0-9+/=\\s]+)-----END PRIVATE KEY-----");

    private PemFiles() {}

    /**
     * What a server proves its name with.
     *
     * @param chain the server's certificate, then those that signed it
     * @param key its private key
     * @throws BadFileException if a file can't be read or holds something else
     */
    public static SSLContext context(Path chain, Path key) {
        Certificate[] certificates = certificates(chain);
        PrivateKey secret = key(key);
        try {
            char[] password = new char[0];
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, password);
            store.setKeyEntry("server", secret, password, certificates);
            KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            keys.init(store, password);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys.getKeyManagers(), null, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new BadFileException(
                    chain, "certificates that can't be used with the key", CHAIN_KIND, "give the key's own", e);
        }
    }

    private static Certificate[] certificates(Path file) {
        try {
            var found = CertificateFactory.getInstance("X.509")
                    .generateCertificates(new ByteArrayInputStream(read(file, CHAIN_KIND)));
            if (!found.isEmpty()) {
                return found.toArray(Certificate[]::new);
            }
        } catch (GeneralSecurityException e) {
            throw new BadFileException(file, "no certificate that can be read", CHAIN_KIND, "give another file", e);
        }
        throw new BadFileException(file, "no certificate", CHAIN_KIND, "give another file");
    }

    /**
     * Reads a private key.
     *
     * @throws BadFileException if the file can't be read or holds something else
     */
    public static PrivateKey key(Path file) {
        Matcher key = KEY.matcher(new String(read(file, KEY_KIND), StandardCharsets.US_ASCII));
        if (!key.find()) {
            throw new BadFileException(file, "no such key", KEY_KIND, KEY_REMEDY);
        }
        byte[] encoded;
        try {
            encoded = Base64.getMimeDecoder().decode(key.group(1));
        } catch (IllegalArgumentException e) {
            throw new BadFileException(file, "a damaged key", KEY_KIND, KEY_REMEDY, e);
        }
        for (String algorithm : List.of("EC", "RSA", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(encoded));
            } catch (InvalidKeySpecException other) {
                // a key of another kind
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("every JDK has " + algorithm, e);
            }
        }
        throw new BadFileException(file, "a key of an unknown kind", "one of EC, RSA or Ed25519", KEY_REMEDY);
    }

    private static byte[] read(Path file, String kind) {
        try {
            long length = InputLimits.length(file, kind);
            if (length > MOST_BYTES) {
                throw new BadFileException(file, length + " bytes", kind, "give another file");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw BadFileException.unreadable(file, kind, e);
        }
    }
}
