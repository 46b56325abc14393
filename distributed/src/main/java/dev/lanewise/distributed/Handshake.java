package dev.lanewise.distributed;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.function.Function;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Shows two processes that both know a secret, without sending it: each answers the other's random number by an HMAC-SHA-256 of
 * it (RFC 2104), so that neither a stranger nor an earlier conversation is let in.
 */
final class Handshake {
    /** What ranks say to each other, from the first byte to the last: a change to any of it needs another number. */
    static final int PROTOCOL = 1;

    private static final int NONCE = 32;
    private static final int MAC = 32;
    private static final int HELLO = 16;
    private static final int MOST_BYTES = 512;

    private final SecretKeySpec key;
    private final int protocol;
    private final SecureRandom random = new SecureRandom();

    Handshake(byte[] secret) {
        this(secret, PROTOCOL);
    }

    /** One of another version. */
    Handshake(byte[] secret, int protocol) {
        key = new SecretKeySpec(secret, "HmacSHA256");
        this.protocol = protocol;
    }

    /**
     * Who connects, and what for.
     *
     * @param purpose control or data
     * @param port where it listens itself
     */
    @SuppressWarnings("EnumOrdinal") // ranks speak the same protocol
    record Hello(Purpose purpose, int rank, int size, int port) {
        byte[] bytes() {
            return ByteBuffer.allocate(HELLO)
                    .putInt(purpose.ordinal())
                    .putInt(rank)
                    .putInt(size)
                    .putInt(port)
                    .array();
        }

        static Hello of(byte[] bytes) throws IOException {
            ByteBuffer in = ByteBuffer.wrap(bytes);
            int purpose = in.getInt();
            if (purpose < 0 || purpose >= Purpose.values().length) {
                throw new IOException("connects for purpose " + purpose);
            }
            return new Hello(Purpose.values()[purpose], in.getInt(), in.getInt(), in.getInt());
        }
    }

    /** What a connection is for. */
    enum Purpose {
        /** Between rank 0 and each other rank: signs of life, and failures. */
        CONTROL,
        /** From a rank to the next one: numbers. */
        DATA
    }

    /** The side that connects: throws with what the other side has against it. */
    void introduce(Frames frames, Hello hello, long deadline) throws IOException {
        byte[] theirs = nonceOf(frames, deadline);
        byte[] mine = nonce();
        byte[] greeting = join(number(protocol), hello.bytes());
        byte[] fields = join(theirs, mine, greeting);
        frames.write(join(mine, greeting, mac("connects", fields)));
        byte[] answer;
        try {
            answer = frames.read(MOST_BYTES, deadline);
        } catch (EOFException e) {
            throw new IOException("it did not accept the secret (expected the same for all ranks)", e);
        }
        if (answer.length < MAC) {
            throw new IOException("it answered with " + answer.length + " bytes");
        }
        byte[] text = Arrays.copyOf(answer, answer.length - MAC);
        byte[] proof = Arrays.copyOfRange(answer, answer.length - MAC, answer.length);
        if (!MessageDigest.isEqual(proof, mac("accepts", join(fields, text)))) {
            throw new IOException("it has another secret (expected the same for all ranks)");
        }
        if (text.length > 0) {
            throw new RefusedException(new String(text, StandardCharsets.UTF_8));
        }
    }

    private static byte[] nonceOf(Frames frames, long deadline) throws IOException {
        try {
            return frames.read(NONCE, deadline);
        } catch (EOFException e) {
            throw new BusyException(e);
        }
    }

    /**
     * The side that listens.
     *
     * @param objection what speaks against one who knows the secret; empty if nothing
     * @throws IOException if it does not know the secret, or something speaks against it
     */
    Hello receive(Frames frames, Function<Hello, String> objection, long deadline) throws IOException {
        byte[] mine = nonce();
        frames.write(mine);
        byte[] answer = frames.read(MOST_BYTES, deadline);
        int end = answer.length - MAC;
        if (end < NONCE + Integer.BYTES) {
            throw new IOException("an introduction of " + answer.length + " bytes");
        }
        byte[] fields = join(mine, Arrays.copyOf(answer, end));
        byte[] proof = Arrays.copyOfRange(answer, end, answer.length);
        if (!MessageDigest.isEqual(proof, mac("connects", fields))) {
            throw new IOException("does not know the secret");
        }
        int theirs = ByteBuffer.wrap(answer).getInt(NONCE);
        if (theirs != protocol || end != NONCE + Integer.BYTES + HELLO) {
            String reason = "it has another version of Lanewise (ranks speak protocol " + theirs + " and " + protocol
                    + "); take the same for all";
            answer(frames, fields, reason);
            throw new IOException(reason);
        }
        Hello hello = Hello.of(Arrays.copyOfRange(answer, NONCE + Integer.BYTES, end));
        String refusal = objection.apply(hello);
        answer(frames, fields, refusal);
        if (!refusal.isEmpty()) {
            throw new IOException(refusal);
        }
        return hello;
    }

    private void answer(Frames frames, byte[] fields, String refusal) throws IOException {
        byte[] text = refusal.getBytes(StandardCharsets.UTF_8);
        frames.write(join(text, mac("accepts", join(fields, text))));
    }

    /** The other side has too many connections of which it doesn't know anything yet: connecting again helps. */
    static final class BusyException extends IOException {
        private static final long serialVersionUID = 1L;

        BusyException(IOException cause) {
            super("it closed the connection at once (expected fewer connections that say nothing)", cause);
        }
    }

    /** What the other side, which knows the secret, has against a process: connecting again does not help. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String reason) {
            super(reason);
        }
    }

    private static byte[] number(int value) {
        return ByteBuffer.allocate(Integer.BYTES).putInt(value).array();
    }

    private byte[] nonce() {
        byte[] nonce = new byte[NONCE];
        random.nextBytes(nonce);
        return nonce;
    }

    /** The role is part of it, so that an answer can't be sent back as one's own. */
    private byte[] mac(String role, byte[] fields) {
        try {
            Mac mac = Mac.getInstance(key.getAlgorithm());
            mac.init(key);
            mac.update(role.getBytes(StandardCharsets.US_ASCII));
            return mac.doFinal(fields);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JVM has HMAC-SHA-256", e);
        }
    }

    private static byte[] join(byte[]... parts) {
        int length = Arrays.stream(parts).mapToInt(part -> part.length).sum();
        ByteBuffer all = ByteBuffer.allocate(length);
        for (byte[] part : parts) {
            all.put(part);
        }
        return all.array();
    }
}
