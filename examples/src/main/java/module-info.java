/** The command line {@code lanewise}: reference trainers and {@code doctor}. */
module dev.lanewise.examples {
    requires dev.lanewise.nn;
    requires info.picocli;
    requires java.management;
    requires static org.jspecify;

    opens dev.lanewise.examples to
            info.picocli;
    opens dev.lanewise.examples.train to
            info.picocli;
}
