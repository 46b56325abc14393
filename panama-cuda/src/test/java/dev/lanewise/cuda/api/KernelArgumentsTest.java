package dev.lanewise.cuda.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

class KernelArgumentsTest {
    @Test
    void pointersLeadToAlignedValues() {
        try (Arena arena = Arena.ofConfined()) {
            KernelArguments arguments = new KernelArguments(arena);
            MemorySegment struct = arena.allocateFrom(ValueLayout.JAVA_INT, 7, 8, 9);
            arguments.i32(1).f64(2.5).i32(3).struct(struct).i64(4).pointer(0xABCL);
            assertThat(arguments.count()).isEqualTo(6);
            assertThat(arguments.value(0).get(ValueLayout.JAVA_INT, 0)).isEqualTo(1);
            assertThat(arguments.value(1).get(ValueLayout.JAVA_DOUBLE, 0)).isEqualTo(2.5);
            assertThat(arguments.value(2).get(ValueLayout.JAVA_INT, 0)).isEqualTo(3);
            assertThat(arguments.value(3).get(ValueLayout.JAVA_INT, 8)).isEqualTo(9);
            assertThat(arguments.value(3).address() % 16).isZero();
            assertThat(arguments.value(4).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(4);
            assertThat(arguments.value(5).get(ValueLayout.JAVA_LONG, 0)).isEqualTo(0xABC);
            assertThat(arguments.clear().count()).isZero();
        }
    }

    @Test
    void tooManyArgumentsAreRefused() {
        try (Arena arena = Arena.ofConfined()) {
            KernelArguments arguments = new KernelArguments(arena);
            for (int i = 0; i < KernelArguments.MAX_COUNT; i++) {
                arguments.i64(i);
            }
            assertThatThrownBy(() -> arguments.i32(0)).hasMessageStartingWith("kernel arguments: 65 in ");
        }
    }

    @Test
    void ownedHandleIsDestroyedOnce() {
        Recording recording = new Recording();
        Driver driver = recording.of(Driver.class);
        Owned<Driver.Stream> stream = Owned.of(driver.createStream(), driver::destroy);
        assertThat(recording.alive).containsExactly(stream.get());
        stream.close();
        stream.close();
        assertThat(recording.alive).isEmpty();
        assertThat(recording.methods()).containsExactly("createStream", "destroy");
        assertThatThrownBy(stream::get).hasMessageEndingWith("has been destroyed");
    }
}
