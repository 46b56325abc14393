package dev.lanewise.text;

/**
 * A token that is looked for in the text before the model sees it.
 *
 * @param id its id
 * @param content its text
 * @param singleWord whether it counts only where no word character touches it
 * @param lstrip whether it takes the white space at its left
 * @param rstrip whether it takes the white space at its right
 * @param normalized whether it is looked for in the normalized text, in its own normalized form
 * @param special whether decoding may skip it
 */
public record AddedToken(
        int id,
        String content,
        boolean singleWord,
        boolean lstrip,
        boolean rstrip,
        boolean normalized,
        boolean special) {}
