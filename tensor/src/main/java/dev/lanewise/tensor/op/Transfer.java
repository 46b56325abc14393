package dev.lanewise.tensor.op;

import dev.lanewise.tensor.Device;
import dev.lanewise.tensor.TensorSpec;
import dev.lanewise.tensor.internal.Check;

/**
 * Copies a tensor to another device.
 *
 * @param device the device to copy to
 */
public record Transfer(Device device) implements Op.Structural {
    /** Checks the attributes. */
    public Transfer {
        Check.present("to", "device", device);
    }

    @Override
    public String opName() {
        return "to";
    }

    @Override
    public TensorSpec[] infer(TensorSpec... in) {
        Check.count(this, in, 1);
        return Check.one(in[0]);
    }
}
