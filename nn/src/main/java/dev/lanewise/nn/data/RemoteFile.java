package dev.lanewise.nn.data;

/**
 * A file that can be downloaded and recognised.
 *
 * @param name the file's name, appended to a mirror's address
 * @param bytes its exact length
 * @param sha256 its SHA-256, in lower-case hexadecimal digits
 */
public record RemoteFile(String name, long bytes, String sha256) {
    /**
     * A file.
     *
     * @throws IllegalArgumentException if the name is not a plain file name, or the length or the checksum is invalid
     */
    public RemoteFile {
        boolean plain = !name.isBlank()
                && !name.startsWith(".")
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c < ' ');
        if (!plain || bytes < 0 || !isDigest(sha256)) {
            throw new IllegalArgumentException("RemoteFile: found '" + name + "' of " + bytes + " bytes and SHA-256 '"
                    + sha256 + "'; expected a file's name, a length and 64 lower-case hexadecimal digits; check them");
        }
    }

    private static boolean isDigest(String text) {
        return text.length() == 64 && text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }
}
