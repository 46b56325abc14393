package dev.lanewise.cuda.api;

import dev.lanewise.cuda.generated.driver.DriverBindings;

/** The attributes of a device that {@link Driver#attribute} returns. */
public enum DeviceAttribute {
    /** The first number of the compute capability: 9 of sm_90. */
    COMPUTE_CAPABILITY_MAJOR(DriverBindings.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR()),
    /** The second number of the compute capability: 0 of sm_90. */
    COMPUTE_CAPABILITY_MINOR(DriverBindings.CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR()),
    /** How many streaming multiprocessors there are. */
    MULTIPROCESSOR_COUNT(DriverBindings.CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT()),
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
