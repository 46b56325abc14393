package dev.lanewise.examples.page;

import java.util.Map;

/** A page of code that makes its own data, trains a model on it and measures what it learnt. */
public interface Example {
    /** The name on the command line. */
    String id();

    /** What it shows, in a line. */
    String shows();

    /** Trains and measures; the figures by name, each beside that of a model that learnt nothing where there is one. */
    Map<String, Double> run(Settings settings);
}
