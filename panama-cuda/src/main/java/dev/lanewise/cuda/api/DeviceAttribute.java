package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.driver.DriverBindings;

/** What a device is asked for with {@link Driver#attribute}. */
public enum DeviceAttribute {
    /** The first number of the compute capability: 9 of sm_90. */
    COMPUTE_CAPABILITY_MAJOR(DriverBindings.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR()),
    /** The second number of the compute capability: 0 of sm_90. */
    COMPUTE_CAPABILITY_MINOR(DriverBindings.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR()),
    /** How many streaming multiprocessors there are. */
    MULTIPROCESSOR_COUNT(DriverBindings.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT()),
    /** How many threads one multiprocessor holds. */
    MAX_THREADS_PER_MULTIPROCESSOR(DriverBindings.CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR()),
    /** The shared memory a block may ask for, in bytes. */
    MAX_SHARED_MEMORY_PER_BLOCK_OPTIN(DriverBindings.CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN()),
    /** The level-2 cache, in bytes. */
    L2_CACHE_SIZE(DriverBindings.CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE()),
    /** The memory clock in kHz. */
    MEMORY_CLOCK_RATE(DriverBindings.CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE()),
    /** The width of the memory bus in bits. */
    GLOBAL_MEMORY_BUS_WIDTH(DriverBindings.CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH()),
    /** 1 where stream-ordered allocation works. */
    MEMORY_POOLS_SUPPORTED(DriverBindings.CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED());

    private final int code;

    DeviceAttribute(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }
}
