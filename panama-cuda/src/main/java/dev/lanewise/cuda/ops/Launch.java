package dev.lanewise.cuda.ops;

import dev.lanewise.cuda.api.KernelArguments;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.Faults;

/** Queues kernels that need no dynamic shared memory. */
final class Launch {
    private Launch() {}

    /** Adds the address where the kernel records a position out of range, and the code of the check. */
    static void addFault(CudaDevice device, Faults.Check check, KernelArguments arguments) {
        arguments.pointer(device.stream().faults().address()).i64(check.code());
    }

    static void queue(CudaDevice device, Program program, String kernel, Threads threads, KernelArguments arguments) {
        device.launch(program.name(), program.source(), kernel, threads.grid(), threads.block(), 0, arguments);
    }
}
