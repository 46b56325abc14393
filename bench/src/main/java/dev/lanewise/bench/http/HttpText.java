package dev.lanewise.bench.http;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A request as bytes.
 *
 * @param head the first line and the headers, with the empty line that ends them
 * @param body what follows
 * @param isFramed whether the head says rightly how long the body is, so that an answer must come
 * @param isRight whether the answer must be a success
 */
public record HttpText(byte[] head, byte[] body, boolean isFramed, boolean isRight) {
    /** A request of a path, its headers between those that all have. */
    public static HttpText of(String line, String headers, byte[] body, boolean isRight) {
        String head =
                line + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: " + body.length + "\r\n\r\n";
        return new HttpText(head.getBytes(StandardCharsets.ISO_8859_1), body, true, isRight);
    }

    /** Head and body. */
    public byte[] bytes() {
        ByteArrayOutputStream all = new ByteArrayOutputStream(head.length + body.length);
        all.writeBytes(head);
        all.writeBytes(body);
        return all.toByteArray();
    }
}
