package dev.lanewise.onnx;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Writes protobuf's wire format, also what is wrong in it. */
final class Proto {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Proto number(int field, long value) {
        varint((long) field << 3);
        varint(value);
        return this;
    }

    Proto bytes(int field, byte[] value) {
        announced(field, value.length);
        out.writeBytes(value);
        return this;
    }

    Proto announced(int field, long length) {
        varint((long) field << 3 | 2);
        varint(length);
        return this;
    }

    Proto bytesOf32(int field, float value) {
        varint((long) field << 3 | 5);
        int bits = Float.floatToRawIntBits(value);
        for (int shift = 0; shift < 32; shift += 8) {
            out.write(bits >>> shift & 255);
        }
        return this;
    }

    Proto text(int field, String value) {
        return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Proto message(int field, Proto value) {
        return bytes(field, value.toBytes());
    }

    private void varint(long value) {
        long rest = value;
        while ((rest & ~127L) != 0) {
            out.write((int) (rest & 127 | 128));
            rest >>>= 7;
        }
        out.write((int) rest);
    }

    byte[] toBytes() {
        return out.toByteArray();
    }

    static Proto node(String op, String name, String[] inputs, String... outputs) {
        Proto node = new Proto();
        for (String input : inputs) {
            node.text(1, input);
        }
        for (String output : outputs) {
            node.text(2, output);
        }
        return node.text(3, name).text(4, op);
    }

    static Proto floats(String name, long[] dims, float... values) {
        ByteBuffer raw = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
        for (float value : values) {
            raw.putFloat(value);
        }
        return tensor(name, 1, dims).bytes(9, raw.array());
    }

    static Proto tensor(String name, int type, long... dims) {
        Proto tensor = new Proto();
        for (long dim : dims) {
            tensor.number(1, dim);
        }
        return tensor.number(2, type).text(8, name);
    }

    static Proto info(String name) {
        return new Proto().text(1, name).message(2, new Proto().message(1, new Proto().number(1, 1)));
    }

    /** A graph from x to y of float tensors. */
    static Proto graph(Proto... nodes) {
        Proto graph = new Proto();
        for (Proto node : nodes) {
            graph.message(1, node);
        }
        return graph.message(11, info("x")).message(12, info("y"));
    }

    static Proto model(Proto graph) {
        return new Proto().number(1, 8).message(7, graph).message(8, new Proto().number(2, 17));
    }
}
