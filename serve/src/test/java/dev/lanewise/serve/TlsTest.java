package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.nn.io.BadFileException;
import dev.lanewise.serve.http.PemFiles;
import dev.lanewise.tensor.DType;
import dev.lanewise.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTPS with certificates and keys in PEM. */
class TlsTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir
    private static Path keyFolder;

    private static Certificate certificate;
    private static Key key;

    @TempDir
    private Path folder;

    @BeforeAll
    static void makeKeys() throws Exception {
        Path file = keyFolder.resolve("keys.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-J-XX:TieredStopAtLevel=1",
                        "-genkeypair",
                        "-alias",
                        "server",
                        "-keyalg",
                        "EC",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "san=ip:127.0.0.1",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD),
                        "-keystore",
                        file.toString())
                .redirectErrorStream(true)
                .start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        certificate = store.getCertificate("server");
        key = store.getKey("server", PASSWORD);
    }

    private Path pem(String name, String kind, byte[] content) throws IOException {
        return Files.writeString(
                folder.resolve(name),
                "-----BEGIN " + kind + "-----\n" + Base64.getMimeEncoder().encodeToString(content) + "\n-----END "
                        + kind + "-----\n");
    }

    private static SSLContext trusting(Certificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setCertificateEntry("server", certificate);
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    @Test
    void requestsAreAnsweredOverHttps() throws Exception {
        try (Server server = Server.builder()
                        .model("twice", "1", TestServable.doubling())
                        .model("slow", "1", TestServable.of(DType.F32, TlsTest::slowly, TensorInfo.OPEN, 3))
                        .warmUp(Duration.ZERO)
                        .tls(
                                pem("chain.pem", "CERTIFICATE", certificate.getEncoded()),
                                pem("key.pem", "PRIVATE KEY", key.getEncoded()))
                        .start();
                HttpClient http = HttpClient.newBuilder()
                        .sslContext(trusting(certificate))
                        .build()) {
            Client client = new Client(http, "https://127.0.0.1:" + server.port());
            assertThat(client.post("/v2/models/twice/infer", TestServable.ROW).body())
                    .contains("[2.0,4.0,6.0]");
            // while these take their time, the server reads on to see whether the client goes away
            for (int i = 0; i < 3; i++) {
                assertThat(client.post("/v2/models/slow/infer", TestServable.ROW)
                                .body())
                        .contains("[2.0,4.0,6.0]");
                assertThat(client.get("/v2/health/live").statusCode()).isEqualTo(200);
            }
        }
    }

    private static Tensor slowly(Tensor x) {
        try {
            Thread.sleep(50);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
        return x.mul(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void keysOfEveryKindAreRead(String algorithm) throws Exception {
        PrivateKey made =
                KeyPairGenerator.getInstance(algorithm).generateKeyPair().getPrivate();
        assertThat(PemFiles.key(pem("key.pem", "PRIVATE KEY", made.getEncoded()))
                        .getEncoded())
                .isEqualTo(made.getEncoded());
    }

    @Test
    void whatIsNoCertificateOrKeyIsRefused() throws Exception {
        Path chain = pem("chain.pem", "CERTIFICATE", certificate.getEncoded());
        Path secret = pem("key.pem", "PRIVATE KEY", key.getEncoded());
        Path noise = pem("noise.pem", "PRIVATE KEY", new byte[50]);
        Path empty = Files.createFile(folder.resolve("empty.pem"));
        for (List<Path> files : List.of(
                List.of(secret, chain),
                List.of(chain, noise),
                List.of(empty, secret),
                List.of(folder, secret),
                List.of(chain, empty))) {
            assertThatThrownBy(() -> Server.builder().tls(files.getFirst(), files.getLast()))
                    .as("%s", files)
                    .isInstanceOf(BadFileException.class);
        }
    }
}
