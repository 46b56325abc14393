package dev.lanewise.nn.io;

/** Elements of a type that is not read, or beyond the type they are read as. A reader adds the name of its file. */
final class UnsupportedElementsException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String found;
    private final String expected;
    private final String remedy;

    UnsupportedElementsException(String found, String expected, String remedy) {
        super(found);
        this.found = found;
        this.expected = expected;
        this.remedy = remedy;
    }

    BadFileException in(Object file) {
        return new BadFileException(file, found, expected, remedy, this);
    }

    CheckpointException inCheckpoint(Object file) {
        return new CheckpointException(file, found, expected, remedy, this);
    }
}
