package dev.lanewise.cuda.lib;

import java.util.List;

/** What came of looking for a library. */
public sealed interface LibraryStatus {

    /** The library looked for. */
    NativeLibrary library();

    /** One sentence, or for a missing library a line per place, for people to read. */
    String describe();

    /**
     * The library is there and open.
     *
     * @param library the library
     * @param path its file, or its soname where the loader found it by itself
     * @param version the version it reports
     */
    record Found(NativeLibrary library, String path, Version version) implements LibraryStatus {
        @Override
        public String describe() {
            return library.title() + " " + version + " (" + path + ")";
        }
    }

    /**
     * The library is not there, or not in a version that will do.
     *
     * @param library the library
     * @param attempts every place looked, in order, with what was found
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
     * One place looked.
     *
     * @param place a folder, or how the loader was asked
     * @param outcome why it did not help
     * @param wrongVersion whether the library is there, in a version that will not do
     */
    record Attempt(String place, String outcome, boolean wrongVersion) {}
}
