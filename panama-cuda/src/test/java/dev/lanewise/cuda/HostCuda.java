package dev.lanewise.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.lanewise.cuda.api.HostDriver;
import dev.lanewise.cuda.host.HostKernels;
import dev.lanewise.tensor.Scope;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * For tests on {@code cuda:0} whose kernels run on the host: skips them where none can be compiled, gives each a scope of
 * its own, and lets the driver run threads in their usual order afterwards.
 */
public final class HostCuda implements BeforeAllCallback, BeforeEachCallback, AfterEachCallback {
    private static final ExtensionContext.Namespace NAMESPACE = ExtensionContext.Namespace.create(HostCuda.class);

    @Override
    public void beforeAll(ExtensionContext context) {
        assumeTrue(HostKernels.isAvailable(), "no C++ compiler: kernels cannot run on the host");
        HostCudaProvider.enable();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        context.getStore(NAMESPACE).put(Scope.class, Scope.open("test"));
    }

    @Override
    public void afterEach(ExtensionContext context) {
        context.getStore(NAMESPACE).remove(Scope.class, Scope.class).close();
        HostCudaProvider.driver().oneThread(false);
        HostCudaProvider.driver().order(HostDriver.Order.FORWARDS);
    }
}
