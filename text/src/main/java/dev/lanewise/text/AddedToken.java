package dev.lanewise.text;

import java.util.Objects;

/**
 * A token that is searched for in the text before the model sees it.
 *
 * @param id its id
 * @param content its text
 * @param singleWord whether it matches only where no word character is adjacent
 * @param lstrip whether it includes the white space to its left
 * @param rstrip whether it includes the white space to its right
 * @param normalized whether it is searched for in the normalized text, in its own normalized form
 * @param special whether decoding may skip it
 */
public record AddedToken(
        int id,
        String content,
        boolean singleWord,
        boolean lstrip,
        boolean rstrip,
        boolean normalized,
        boolean special) {
    /** Holds the given values, none of which may be null. */
    public AddedToken {
        Objects.requireNonNull(content, "content");
    }
}
