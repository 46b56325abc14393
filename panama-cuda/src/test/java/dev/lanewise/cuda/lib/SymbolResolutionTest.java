package dev.lanewise.cuda.lib;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.generated.cublas.CublasBindings;
import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.generated.driver.DriverBindings;
import dev.lanewise.cuda.generated.nccl.NcclBindings;
import dev.lanewise.cuda.generated.nvrtc.NvrtcBindings;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SymbolResolutionTest {
    static Stream<Arguments> bindings() {
        return Stream.of(
                Arguments.of(NativeLibrary.DRIVER, DriverBindings.class, 48),
                Arguments.of(NativeLibrary.NVRTC, NvrtcBindings.class, 12),
                Arguments.of(NativeLibrary.CUBLAS, CublasBindings.class, 23),
                Arguments.of(NativeLibrary.CUDNN, CudnnBindings.class, 46),
                Arguments.of(NativeLibrary.NCCL, NcclBindings.class, 14));
    }

    @ParameterizedTest
    @MethodSource("bindings")
    void everyBoundFunctionIsInTheLibrary(NativeLibrary library, Class<?> bindings, int functions) throws Exception {
        LibraryStatus status = NativeLibraries.status(library);
        assumeTrue(status instanceof LibraryStatus.Found, status::describe);
        List<String> unresolved = new ArrayList<>();
        int count = 0;
        for (Method method : bindings.getMethods()) {
            if (method.getName().endsWith("$address")) {
                count++;
                if (!resolves(method)) {
                    unresolved.add(method.getName());
                }
            }
        }
        assertThat(unresolved).as(status.describe()).isEmpty();
        assertThat(count).isEqualTo(functions);
    }

    private static boolean resolves(Method address) throws IllegalAccessException {
        // jextract spreads large headers over a chain of classes, of which only the last is public.
        address.setAccessible(true);
        try {
            return ((MemorySegment) address.invoke(null)).address() != 0;
        } catch (InvocationTargetException e) {
            return false;
        }
    }
}
