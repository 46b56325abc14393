package dev.lanewise.nn.data;

/**
 * A file that can be downloaded and recognised.
 *
 * @param name the file's name, appended to a mirror's address
 * @param bytes its exact length
 * @param sha256 its SHA-256, in lower-case hexadecimal digits
 */
public record RemoteFile(String name, long bytes, String sha256) {}
