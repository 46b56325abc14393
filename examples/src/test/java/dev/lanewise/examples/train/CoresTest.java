package dev.lanewise.examples.train;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class CoresTest {
    @ParameterizedTest
    @CsvSource({
        // free to run anywhere
        "8, 8, 8, 2, 4",
        "8, 8, 8, 3, 2",
        // each bound to a core of its own, and four bound to one of two sockets
        "1, 1, 2, 2, 1",
        "16, 16, 32, 4, 8",
        "16, 16, 32, 2, 16",
        // more processes than cores
        "2, 2, 2, 4, 1",
        // a container may use 2 of 64
        "2, 64, 64, 2, 1",
        // nothing is known but what the JVM sees
        "4, 0, 0, 2, 2"
    })
    void coresAreSharedOut(int available, int bound, int online, int processes, int threads) {
        assertThat(Cores.share(available, bound, online, processes)).isEqualTo(threads);
    }
}
