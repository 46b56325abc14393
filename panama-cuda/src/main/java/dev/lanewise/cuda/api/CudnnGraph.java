package dev.lanewise.cuda.api;

import static dev.lanewise.cuda.api.CudnnStatus.check;

import dev.lanewise.cuda.generated.cudnn.CudnnBindings;
import dev.lanewise.cuda.lib.NativeLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * cuDNN's graph interface: descriptors that are made, filled with attributes and finalized, all destroyed together.
 * From 9.8 on, a plan can be made for a device that is only described in JSON.
 */
public final class CudnnGraph implements AutoCloseable {
    /** The maximum size of a device's description. */
    private static final long MOST_BYTES = 1L << 20;

    /** How many ways to compute a graph are tried. */
    private static final int MOST_CONFIGURATIONS = 8;

    private final Deque<Descriptor> made = new ArrayDeque<>();

    /** What attributes are written from; descriptors outlive the call that makes them, in any thread. */
    private final Arena arena = Arena.ofAuto();

    private CudnnGraph() {}

    /**
     * An empty graph.
     *
     * @throws CudaException if cuDNN is missing, with every place searched
     */
    public static CudnnGraph open() {
        Libraries.require(NativeLibrary.CUDNN);
        return new CudnnGraph();
    }

    /** A descriptor of the library. */
    public record Descriptor(MemorySegment address) {}

    /**
     * What plans are made for.
     *
     * @param handle the context of the current device, or null
     * @param properties a device's description, or null
     */
    public record Target(
            Cudnn.@Nullable Handle handle, @Nullable Descriptor properties) {
        /** The device of a context. */
        public static Target of(Cudnn.Handle handle) {
            return new Target(handle, null);
        }

        /** A device that need not be present. */
        public static Target of(Descriptor properties) {
            return new Target(null, properties);
        }
    }

    private Descriptor create(int type) {
        Descriptor descriptor = create(type, Scratch.get());
        made.push(descriptor);
        return descriptor;
    }

    private static Descriptor create(int type, MemorySegment scratch) {
        check("cudnnBackendCreateDescriptor", CudnnBindings.cudnnBackendCreateDescriptor(type, scratch));
        return new Descriptor(Scratch.readHandle(scratch));
    }

    private static void set(Descriptor descriptor, int name, int type, long count, MemorySegment values) {
        check(
                "cudnnBackendSetAttribute",
                CudnnBindings.cudnnBackendSetAttribute(descriptor.address, name, type, count, values));
    }

    private void setInt(Descriptor descriptor, int name, int type, int value) {
        set(descriptor, name, type, 1, arena.allocateFrom(ValueLayout.JAVA_INT, value));
    }

    private void setLongs(Descriptor descriptor, int name, long... values) {
        set(
                descriptor,
                name,
                CudnnBindings.CUDNN_TYPE_INT64(),
                values.length,
                arena.allocateFrom(ValueLayout.JAVA_LONG, values));
    }

    private void setFloat(Descriptor descriptor, int name, float value) {
        set(descriptor, name, CudnnBindings.CUDNN_TYPE_FLOAT(), 1, arena.allocateFrom(ValueLayout.JAVA_FLOAT, value));
    }

    private void setBoolean(Descriptor descriptor, int name, boolean value) {
        set(descriptor, name, CudnnBindings.CUDNN_TYPE_BOOLEAN(), 1, arena.allocateFrom(ValueLayout.JAVA_BYTE, (byte)
                (value ? 1 : 0)));
    }

    private void setDescriptors(Descriptor descriptor, int name, Descriptor... values) {
        MemorySegment addresses = arena.allocate(ValueLayout.ADDRESS, values.length);
        for (int i = 0; i < values.length; i++) {
            addresses.setAtIndex(ValueLayout.ADDRESS, i, values[i].address);
        }
        set(descriptor, name, CudnnBindings.CUDNN_TYPE_BACKEND_DESCRIPTOR(), values.length, addresses);
    }

    private static Descriptor finalized(Descriptor descriptor) {
        check("cudnnBackendFinalize", CudnnBindings.cudnnBackendFinalize(descriptor.address));
        return descriptor;
    }

    /** The description of a device of this machine; its context must be current. */
    public String deviceProperties(int device) {
        Descriptor properties = create(CudnnBindings.CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR());
        setInt(properties, CudnnBindings.CUDNN_ATTR_DEVICEPROP_DEVICE_ID(), CudnnBindings.CUDNN_TYPE_INT32(), device);
        finalized(properties);
        MemorySegment json = arena.allocate(MOST_BYTES);
        long bytes = get(
                properties,
                CudnnBindings.CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION(),
                CudnnBindings.CUDNN_TYPE_CHAR(),
                MOST_BYTES,
                json);
        byte[] text = json.asSlice(0, bytes).toArray(ValueLayout.JAVA_BYTE);
        return new String(text, StandardCharsets.UTF_8).replace("\0", "");
    }

    /** A device by its description. */
    public Descriptor device(String json) {
        Descriptor properties = create(CudnnBindings.CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR());
        MemorySegment text = arena.allocateFrom(json);
        set(
                properties,
                CudnnBindings.CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION(),
                CudnnBindings.CUDNN_TYPE_CHAR(),
                text.byteSize(),
                text);
        return finalized(properties);
    }

    private static long get(Descriptor descriptor, int name, int type, long most, MemorySegment values) {
        MemorySegment count = Scratch.get();
        check(
                "cudnnBackendGetAttribute",
                CudnnBindings.cudnnBackendGetAttribute(descriptor.address, name, type, most, count, values));
        return Scratch.readLong(count);
    }

    /**
     * A tensor with the channels last in memory.
     *
     * @param id the number by which a plan is given its address
     * @param isVirtual whether it never reaches memory
     * @param sizes {@code [n, c, h, w]}
     */
    Descriptor tensor(long id, DataType type, boolean isVirtual, int... sizes) {
        long c = sizes[1];
        long h = sizes[2];
        long w = sizes[3];
        Descriptor tensor = create(CudnnBindings.CUDNN_BACKEND_TENSOR_DESCRIPTOR());
        setInt(
                tensor,
                CudnnBindings.CUDNN_ATTR_TENSOR_DATA_TYPE(),
                CudnnBindings.CUDNN_TYPE_DATA_TYPE(),
                type.cudnnCode());
        setLongs(tensor, CudnnBindings.CUDNN_ATTR_TENSOR_DIMENSIONS(), sizes[0], c, h, w);
        setLongs(tensor, CudnnBindings.CUDNN_ATTR_TENSOR_STRIDES(), h * w * c, 1, w * c, c);
        setLongs(tensor, CudnnBindings.CUDNN_ATTR_TENSOR_UNIQUE_ID(), id);
        setLongs(tensor, CudnnBindings.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT(), CudnnFusion.ALIGNMENT);
        setBoolean(tensor, CudnnBindings.CUDNN_ATTR_TENSOR_IS_VIRTUAL(), isVirtual);
        return finalized(tensor);
    }

    /** {@code y = convolution(x, w)}, summed in {@code compute}. */
    Descriptor convolution(Cudnn.Convolution convolution, DataType compute, Descriptor x, Descriptor w, Descriptor y) {
        Descriptor attributes = create(CudnnBindings.CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR());
        setLongs(attributes, CudnnBindings.CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS(), 2);
        setInt(
                attributes,
                CudnnBindings.CUDNN_ATTR_CONVOLUTION_COMP_TYPE(),
                CudnnBindings.CUDNN_TYPE_DATA_TYPE(),
                compute.cudnnCode());
        setInt(
                attributes,
                CudnnBindings.CUDNN_ATTR_CONVOLUTION_CONV_MODE(),
                CudnnBindings.CUDNN_TYPE_CONVOLUTION_MODE(),
                CudnnBindings.CUDNN_CROSS_CORRELATION());
        setExtent(attributes, CudnnBindings.CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS(), convolution.padding());
        setExtent(attributes, CudnnBindings.CUDNN_ATTR_CONVOLUTION_POST_PADDINGS(), convolution.padding());
        setExtent(attributes, CudnnBindings.CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES(), convolution.stride());
        setExtent(attributes, CudnnBindings.CUDNN_ATTR_CONVOLUTION_DILATIONS(), convolution.dilation());
        finalized(attributes);
        Descriptor operation = create(CudnnBindings.CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR());
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC(), attributes);
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X(), x);
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W(), w);
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y(), y);
        setFloat(operation, CudnnBindings.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA(), 1);
        setFloat(operation, CudnnBindings.CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA(), 0);
        return finalized(operation);
    }

    private void setExtent(Descriptor descriptor, int name, Cudnn.Extent extent) {
        setLongs(descriptor, name, extent.height(), extent.width());
    }

    /** {@code y = x + b}. */
    Descriptor add(Descriptor x, Descriptor b, Descriptor y) {
        Descriptor operation = pointwise(CudnnBindings.CUDNN_POINTWISE_ADD(), x, y);
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_POINTWISE_BDESC(), b);
        return finalized(operation);
    }

    /** {@code y = max(x, 0)}. */
    Descriptor relu(Descriptor x, Descriptor y) {
        return finalized(pointwise(CudnnBindings.CUDNN_POINTWISE_RELU_FWD(), x, y));
    }

    private Descriptor pointwise(int mode, Descriptor x, Descriptor y) {
        Descriptor attributes = create(CudnnBindings.CUDNN_BACKEND_POINTWISE_DESCRIPTOR());
        setInt(attributes, CudnnBindings.CUDNN_ATTR_POINTWISE_MODE(), CudnnBindings.CUDNN_TYPE_POINTWISE_MODE(), mode);
        setInt(
                attributes,
                CudnnBindings.CUDNN_ATTR_POINTWISE_MATH_PREC(),
                CudnnBindings.CUDNN_TYPE_DATA_TYPE(),
                DataType.F32.cudnnCode());
        finalized(attributes);
        Descriptor operation = create(CudnnBindings.CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR());
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR(), attributes);
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_POINTWISE_XDESC(), x);
        setDescriptors(operation, CudnnBindings.CUDNN_ATTR_OPERATION_POINTWISE_YDESC(), y);
        return operation;
    }

    /** The ways to compute operations on a device in the order in which the library recommends them. */
    List<Descriptor> configurations(Target target, Descriptor... operations) {
        Descriptor graph = create(CudnnBindings.CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR());
        setDescriptors(graph, CudnnBindings.CUDNN_ATTR_OPERATIONGRAPH_OPS(), operations);
        setHandle(graph, CudnnBindings.CUDNN_ATTR_OPERATIONGRAPH_HANDLE(), target);
        finalized(graph);
        Descriptor heuristic = create(CudnnBindings.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR());
        setDescriptors(heuristic, CudnnBindings.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH(), graph);
        setInt(
                heuristic,
                CudnnBindings.CUDNN_ATTR_ENGINEHEUR_MODE(),
                CudnnBindings.CUDNN_TYPE_HEUR_MODE(),
                CudnnBindings.CUDNN_HEUR_MODE_A());
        setProperties(heuristic, CudnnBindings.CUDNN_ATTR_ENGINEHEUR_DEVICEPROP(), target);
        finalized(heuristic);
        List<Descriptor> configurations = new ArrayList<>();
        MemorySegment addresses = arena.allocate(ValueLayout.ADDRESS, MOST_CONFIGURATIONS);
        for (int i = 0; i < MOST_CONFIGURATIONS; i++) {
            Descriptor empty = create(CudnnBindings.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR());
            configurations.add(empty);
            addresses.setAtIndex(ValueLayout.ADDRESS, i, empty.address);
        }
        long found = get(
                heuristic,
                CudnnBindings.CUDNN_ATTR_ENGINEHEUR_RESULTS(),
                CudnnBindings.CUDNN_TYPE_BACKEND_DESCRIPTOR(),
                MOST_CONFIGURATIONS,
                addresses);
        return configurations.subList(0, Math.toIntExact(Math.min(found, MOST_CONFIGURATIONS)));
    }

    private void setHandle(Descriptor descriptor, int name, Target target) {
        if (target.handle != null) {
            MemorySegment value = arena.allocateFrom(ValueLayout.ADDRESS, target.handle.address());
            set(descriptor, name, CudnnBindings.CUDNN_TYPE_HANDLE(), 1, value);
        }
    }

    private void setProperties(Descriptor descriptor, int name, Target target) {
        if (target.properties != null) {
            setDescriptors(descriptor, name, target.properties);
        }
    }

    /** What the library says of a configuration's accuracy: codes {@code CUDNN_NUMERICAL_NOTE_*}. */
    Set<Integer> notes(Descriptor configuration) {
        Descriptor engine = create(CudnnBindings.CUDNN_BACKEND_ENGINE_DESCRIPTOR());
        MemorySegment address = arena.allocateFrom(ValueLayout.ADDRESS, engine.address);
        long ignored = get(
                configuration,
                CudnnBindings.CUDNN_ATTR_ENGINECFG_ENGINE(),
                CudnnBindings.CUDNN_TYPE_BACKEND_DESCRIPTOR(),
                1,
                address);
        int most = CudnnBindings.CUDNN_NUMERICAL_NOTE_TYPE_COUNT();
        MemorySegment codes = arena.allocate(ValueLayout.JAVA_INT, most);
        long count = get(
                engine,
                CudnnBindings.CUDNN_ATTR_ENGINE_NUMERICAL_NOTE(),
                CudnnBindings.CUDNN_TYPE_NUMERICAL_NOTE(),
                most,
                codes);
        Set<Integer> notes = new HashSet<>();
        for (long i = 0; i < Math.min(count, most); i++) {
            notes.add(codes.getAtIndex(ValueLayout.JAVA_INT, i));
        }
        return notes;
    }

    /**
     * A plan of a configuration.
     *
     * @throws CudaException if there is none for the device
     */
    Descriptor plan(Target target, Descriptor configuration) {
        Descriptor plan = create(CudnnBindings.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR());
        setDescriptors(plan, CudnnBindings.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG(), configuration);
        setHandle(plan, CudnnBindings.CUDNN_ATTR_EXECUTION_PLAN_HANDLE(), target);
        setProperties(plan, CudnnBindings.CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP(), target);
        return finalized(plan);
    }

    /** The device memory that a plan needs, in bytes. */
    long workspaceBytes(Descriptor plan) {
        MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
        long ignored = get(
                plan,
                CudnnBindings.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE(),
                CudnnBindings.CUDNN_TYPE_INT64(),
                1,
                bytes);
        return bytes.get(ValueLayout.JAVA_LONG, 0);
    }

    /** Which addresses belong to which numbers of tensors, for one call of a plan; to be destroyed after it. */
    static Descriptor addresses(long[] ids, long[] addresses, long workspace) {
        MemorySegment scratch = Scratch.get();
        Descriptor pack = create(CudnnBindings.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR(), scratch);
        try {
            int pointer = CudnnBindings.CUDNN_TYPE_VOID_PTR();
            set(
                    pack,
                    CudnnBindings.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS(),
                    CudnnBindings.CUDNN_TYPE_INT64(),
                    scratch,
                    ids);
            set(pack, CudnnBindings.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS(), pointer, scratch, addresses);
            set(pack, CudnnBindings.CUDNN_ATTR_VARIANT_PACK_WORKSPACE(), pointer, scratch, workspace);
            return finalized(pack);
        } catch (CudaException e) {
            destroy(pack);
            throw e;
        }
    }

    private static void set(Descriptor descriptor, int name, int type, MemorySegment scratch, long... values) {
        for (int i = 0; i < values.length; i++) {
            scratch.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        }
        set(descriptor, name, type, values.length, scratch);
    }

    /** Queues a plan on the stream of the context that it was made for. */
    static void execute(Cudnn.Handle handle, Descriptor plan, Descriptor addresses) {
        check(
                "cudnnBackendExecute",
                CudnnBindings.cudnnBackendExecute(handle.address(), plan.address, addresses.address));
    }

    /** Destroys a descriptor that belongs to no graph. */
    static void destroy(Descriptor descriptor) {
        check("cudnnBackendDestroyDescriptor", CudnnBindings.cudnnBackendDestroyDescriptor(descriptor.address));
    }

    /** Destroys all descriptors. */
    @Override
    public void close() {
        while (!made.isEmpty()) {
            destroy(made.pop());
        }
    }
}
