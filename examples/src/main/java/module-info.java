/** The command line {@code lanewise}: reference trainers and {@code doctor}. */
module dev.lanewise.examples {
    requires dev.lanewise.nn;
    requires info.picocli;
    requires static org.jspecify;
}
