package dev.lanewise.cpu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.lanewise.tensor.OutOfTensorMemoryException;
import dev.lanewise.tensor.spi.HostMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

class ScratchTest {
    @Test
    void blocksAreAlignedAndLargeEnough() {
        for (long bytes : new long[] {0, 1, 4095, 4096, 4097, 100_000}) {
            try (Scratch block = Scratch.borrow(bytes)) {
                assertThat(block.address() % 64).isZero();
                assertThat(block.segment().byteSize()).isGreaterThanOrEqualTo(bytes);
            }
        }
    }

    @Test
    void blocksInUseAreDistinct() {
        try (Scratch first = Scratch.borrow(5000);
                Scratch second = Scratch.borrow(5000)) {
            assertThat(first.address()).isNotEqualTo(second.address());
        }
    }

    @Test
    void aReturnedBlockIsUsedAgain() {
        long address;
        try (Scratch block = Scratch.borrow(1 << 21)) {
            address = block.address();
        }
        try (Scratch block = Scratch.borrow(1 << 21)) {
            assertThat(block.address()).isEqualTo(address);
        }
    }

    @Test
    void largeBlocksGoBackToTheMemoryOfTensors() {
        long bytes = 100L << 20;
        Scratch.borrow(bytes).close();
        long system = HostMemory.bytesFromSystem();
        try (Scratch block = Scratch.borrow(bytes)) {
            assertThat(block.segment().byteSize()).isGreaterThanOrEqualTo(bytes);
            // less where what other tests have left goes back meanwhile
            assertThat(HostMemory.bytesFromSystem()).isLessThanOrEqualTo(system);
        }
        HostMemory.trim();
        assertThat(HostMemory.bytesFromSystem()).isLessThanOrEqualTo(system - bytes);
        assertThatThrownBy(() -> Scratch.borrow(1L << 60)).isInstanceOf(OutOfTensorMemoryException.class);
    }

    @Test
    void thousandsOfVirtualThreadsShareAFewBlocks() throws Exception {
        Set<Future<Long>> used = new HashSet<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 2000; i++) {
                used.add(executor.submit(() -> {
                    try (Scratch block = Scratch.borrow(1 << 20)) {
                        block.segment().set(ValueLayout.JAVA_INT, 0, 1);
                        return block.address();
                    }
                }));
            }
        }
        Set<Long> addresses = new HashSet<>();
        for (Future<Long> future : used) {
            addresses.add(future.get());
        }
        assertThat(addresses.size()).isLessThan(200);
    }

    @Test
    void aNegativeSizeIsRefused() {
        assertThatThrownBy(() -> Scratch.borrow(-1)).hasMessageContaining("expected 0 or more bytes");
    }

    @Test
    void anAddressIsCheckedOnce() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(128, 64);
            assertThat(NativeMemory.address(segment, 64, 64)).isEqualTo(segment.address() + 64);
            assertThatThrownBy(() -> NativeMemory.address(segment, 64, 65))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
        assertThatThrownBy(() -> NativeMemory.address(MemorySegment.ofArray(new float[4]), 0, 16))
                .hasMessageContaining("heap segment");
    }
}
