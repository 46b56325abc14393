package dev.lanewise.text;

/** A side of a sequence of tokens. */
public enum Direction {
    /** The beginning. */
    LEFT,
    /** The end. */
    RIGHT
}
