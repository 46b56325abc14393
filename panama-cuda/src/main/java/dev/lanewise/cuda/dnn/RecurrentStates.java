package dev.lanewise.cuda.dnn;

import dev.lanewise.cuda.api.CudnnRnn.RnnStates;
import dev.lanewise.cuda.runtime.CudaDevice;
import dev.lanewise.cuda.runtime.ScratchMemory;
import org.jspecify.annotations.Nullable;

/**
 * The states of a recurrent layer, which cuDNN expects one direction after the other: for one direction in place, for
 * two in a copy for the duration of a call.
 */
final class RecurrentStates implements AutoCloseable {
    /** The device address of one state of a direction: the hidden one is number 0, the cell number 1. */
    interface Place {
        long of(int direction, int state);
    }

    private final CudaDevice device;
    private final RecurrencePlan.Key key;
    private final Place place;
    private final @Nullable ScratchMemory joined;

    private RecurrentStates(CudaDevice device, RecurrencePlan.Key key, Place place) {
        this.device = device;
        this.key = key;
        this.place = place;
        joined = key.op().bidirectional() ? device.scratch(2L * key.op().kind().states() * key.stateBytes()) : null;
    }

    /** Existing states. */
    static RecurrentStates read(CudaDevice device, RecurrencePlan.Key key, Place place) {
        RecurrentStates states = new RecurrentStates(device, key, place);
        states.copy(true);
        return states;
    }

    /** States that are computed; {@link #store} them afterwards. */
    static RecurrentStates write(CudaDevice device, RecurrencePlan.Key key, Place place) {
        return new RecurrentStates(device, key, place);
    }

    /** What cuDNN reads or writes. */
    RnnStates addresses() {
        return new RnnStates(address(0, 0), key.op().kind().states() == 2 ? address(0, 1) : 0);
    }

    private long address(int direction, int state) {
        return joined == null
                ? place.of(direction, state)
                : joined.address() + (2L * state + direction) * key.stateBytes();
    }

    /** Copies the computed states to where they belong. */
    void store() {
        copy(false);
    }

    private void copy(boolean in) {
        if (joined == null) {
            return;
        }
        for (int direction = 0; direction < 2; direction++) {
            for (int state = 0; state < key.op().kind().states(); state++) {
                long apart = place.of(direction, state);
                long together = address(direction, state);
                device.driver()
                        .copy(
                                in ? together : apart,
                                in ? apart : together,
                                key.stateBytes(),
                                device.stream().handle());
            }
        }
    }

    @Override
    public void close() {
        if (joined != null) {
            joined.close();
        }
    }
}
