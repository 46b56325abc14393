package dev.lanewise.tensor.internal;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.Tensor;
import dev.lanewise.tensor.op.Op;
import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import org.jspecify.annotations.Nullable;

/**
 * An operation that a backend has executed, for the JDK's Flight Recorder. Naming this class starts the recorder's Java
 * part, which takes as long as a hundred thousand small operations: only where the recorder runs already is it named.
 */
@Name("dev.lanewise.Operation")
@Label("Operation")
@Category("Lanewise")
@Description("An operation on tensors; on devices that work asynchronously, its submission")
@Enabled(false)
@StackTrace(false)
final class OperationEvent extends Event {
    /** Says whether events are recorded; a new one for each question would be garbage. */
    private static final OperationEvent PROBE = new OperationEvent();

    @Label("Operation")
    @Nullable
    String operation;

    @Label("Device")
    @Nullable
    String device;

    @Label("Result")
    @Nullable
    String result;

    /** The event of an operation that begins, or null unless events are recorded. */
    static @Nullable OperationEvent begun() {
        if (!PROBE.isEnabled()) {
            return null;
        }
        OperationEvent event = new OperationEvent();
        event.begin();
        return event;
    }

    /** Records an operation that has ended, if it takes long enough for the recording. */
    void ended(Op op, Device where, Tensor[] outputs) {
        end();
        if (shouldCommit()) {
            operation = op.opName();
            device = where.toString();
            result = outputs[0].spec().toString();
            commit();
        }
    }
}
