package dev.lanewise.serve.http;

import dev.lanewise.tensor.TensorException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.regex.Pattern;

/** A secret that requests present as {@code Authorization: Bearer TOKEN} (RFC 6750). Only its hash is kept. */
public final class BearerToken {
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9._~+/-]{8,4096}=*");
    private static final String SCHEME = "Bearer ";

    private final byte[] hash;

    private BearerToken(byte[] hash) {
        this.hash = hash;
    }

    /**
     * A token.
     *
     * @throws TensorException if it contains characters that the standard does not allow, or fewer than 8; the message does
     *     not repeat it
     */
    public static BearerToken of(String token) {
        if (!TOKEN.matcher(token).matches()) {
            throw new TensorException("serve: a token of " + token.length() + " characters (expected 8 or more letters,"
                    + " digits, and -._~+/ with = at the end); choose another one");
        }
        return new BearerToken(hash(token));
    }

    /**
     * Lets a request pass, in a time that does not depend on how much of the token is right.
     *
     * @param authorization the request's header, empty if there is none
     * @throws Refusal if it is another one
     */
    public void require(String authorization) {
        boolean bearer = authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length());
        String presented = bearer ? authorization.substring(SCHEME.length()).strip() : "";
        if (!MessageDigest.isEqual(hash, hash(presented))) {
            throw Refusal.unauthorized("found no valid token; expected 'Authorization: Bearer TOKEN' in the header");
        }
    }

    private static byte[] hash(String token) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has it", e);
        }
    }
}
