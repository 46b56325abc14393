package dev.lanewise.cuda.runtime;

import dev.lanewise.cuda.api.Driver;
import dev.lanewise.cuda.kernel.KernelCompiler;
import dev.lanewise.cuda.kernel.KernelSource;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * The kernels loaded on one device, by the name of their program: each is compiled or taken from disk and loaded when it
 * is first asked for. Safe for use by many threads; a context of the device has to be current.
 */
public final class LoadedKernels implements AutoCloseable {
    private record Program(Driver.Module module, Map<String, Driver.Function> kernels) {}

    private final Driver driver;
    private final KernelCompiler compiler;
    private final int architecture;
    private final Map<String, Program> programs = new ConcurrentHashMap<>();

    /**
     * No kernels yet.
     *
     * @param driver the driver
     * @param compiler compiles for the device
     * @param architecture the device's compute capability, 90 for 9.0
     */
    public LoadedKernels(Driver driver, KernelCompiler compiler, int architecture) {
        this.driver = driver;
        this.compiler = compiler;
        this.architecture = architecture;
    }

    /** Whether a program is loaded. */
    boolean has(String program) {
        return programs.containsKey(program);
    }

    /**
     * A kernel of a program.
     *
     * @param program the program's name
     * @param source makes the program where it is not loaded yet
     * @param kernel one of its entry points
     */
    public Driver.Function get(String program, Supplier<KernelSource> source, String kernel) {
        Program loaded = programs.get(program);
        if (loaded == null) {
            loaded = programs.computeIfAbsent(program, name -> load(source.get()));
        }
        Driver.Function function = loaded.kernels().get(kernel);
        if (function == null) {
            throw new IllegalArgumentException("program " + program + " has no kernel " + kernel + " (it has "
                    + loaded.kernels().keySet() + ")");
        }
        return function;
    }

    private Program load(KernelSource source) {
        Driver.Module module = driver.load(compiler.compile(source, architecture));
        try {
            Map<String, Driver.Function> kernels = new HashMap<>();
            for (String kernel : source.entryPoints()) {
                kernels.put(kernel, driver.function(module, kernel));
            }
            return new Program(module, Map.copyOf(kernels));
        } catch (RuntimeException e) {
            driver.unload(module);
            throw e;
        }
    }

    /** Unloads all programs. */
    @Override
    public void close() {
        programs.values().forEach(program -> driver.unload(program.module()));
        programs.clear();
    }
}
