package dev.lanewise.cuda.lib;

import java.util.List;

/** The outcome of searching for a library. */
public sealed interface LibraryStatus {

    /** The library looked for. */
    NativeLibrary library();

    /** One sentence, or for a missing library one line per place, for display. */
    String describe();

    /**
     * The library is found and open.
     *
     * @param library the library
     * @param path its file, or its soname if the loader found it by itself
     * @param version the version it reports
     */
    record Found(NativeLibrary library, String path, Version version) implements LibraryStatus {
        @Override
        public String describe() {
            return library.title() + " " + version + " (" + path + ")";
        }
    }

    /**
     * The library is missing, or not present in a suitable version.
     *
     * @param library the library
     * @param attempts every place searched, in order, with what was found
     */
    record Missing(NativeLibrary library, List<Attempt> attempts) implements LibraryStatus {
        public Missing {
            attempts = List.copyOf(attempts);
        }

        @Override
        public String describe() {
            StringBuilder text = new StringBuilder(library.title())
                    .append(
                            attempts.stream().anyMatch(Attempt::wrongVersion)
                                    ? ": no version that will do"
                                    : ": not found")
                    .append(" (")
                    .append(String.join(" or ", library.sonames()))
                    .append("); ")
                    .append(library.remedy())
                    .append(", or name its folder in LANEWISE_CUDA_PATH");
            for (Attempt attempt : attempts) {
                text.append("\n  ").append(attempt.place()).append(": ").append(attempt.outcome());
            }
            return text.toString();
        }
    }

    /**
     * One place searched.
     *
     * @param place a folder, or the loader's own search
     * @param outcome why it did not help
     * @param wrongVersion whether the library is present, but in an unsuitable version
     */
    record Attempt(String place, String outcome, boolean wrongVersion) {}
}
