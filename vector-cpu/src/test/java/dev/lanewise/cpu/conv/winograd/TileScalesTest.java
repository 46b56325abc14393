package dev.lanewise.cpu.conv.winograd;

import static dev.lanewise.cpu.conv.Vectors.FLOAT;
import static dev.lanewise.cpu.memory.NativeMemory.ALL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TileScalesTest {
    private static final int ALL_KINDS = TileScales.KINDS * TileScales.CHAIN;
    private static final int FACTORS = 11;

    private static float scale(long factors) {
        return ALL.get(FLOAT, factors);
    }

    @Test
    void chainsAreRestored() {
        for (int tile = 0; tile < 2 * ALL_KINDS; tile++) {
            double all = (double) scale(TileScales.ofInput(tile)) * scale(TileScales.ofGradient(tile));
            double restored = all * ALL.get(FLOAT, TileScales.restoring(tile / TileScales.CHAIN));
            assertThat(restored).as("tile %d", tile).isCloseTo(1, within(0x1p-24));
        }
    }

    @Test
    void factorsAreExact() {
        for (int tile = 0; tile < ALL_KINDS; tile++) {
            for (long factors : new long[] {TileScales.ofInput(tile), TileScales.ofGradient(tile)}) {
                for (int i = 0; i < FACTORS; i++) {
                    double plain = ALL.get(FLOAT, WinogradTransform.PLAIN + 4L * i);
                    double scaled = ALL.get(FLOAT, factors + 4L * i);
                    assertThat(scaled).isEqualTo(plain * scale(factors));
                }
            }
        }
    }

    @Test
    void neighboursAndChainsDiffer() {
        Set<Float> ofInput = new HashSet<>();
        Set<Float> ofGradient = new HashSet<>();
        Set<Float> ofChains = new HashSet<>();
        for (int tile = 0; tile < ALL_KINDS; tile++) {
            ofInput.add(significand(scale(TileScales.ofInput(tile))));
            ofGradient.add(significand(scale(TileScales.ofGradient(tile))));
            ofChains.add(significand(ALL.get(FLOAT, TileScales.restoring(tile / TileScales.CHAIN))));
        }
        assertThat(ofInput.size()).isGreaterThan(ALL_KINDS / 4);
        assertThat(ofGradient.size()).isGreaterThan(ALL_KINDS / 4);
        assertThat(ofChains.size()).isGreaterThan(TileScales.KINDS / 2);
    }

    /** Numbers with the same are rounded alike. */
    private static float significand(float value) {
        return Math.scalb(value, -Math.getExponent(value));
    }
}
