package dev.lanewise.bench.fuzz.files;

import dev.lanewise.nn.Linear;
import dev.lanewise.nn.data.image.Image;
import dev.lanewise.nn.data.image.ImageFiles;
import dev.lanewise.nn.io.Npy;
import dev.lanewise.nn.io.Npz;
import dev.lanewise.nn.io.Safetensors;
import dev.lanewise.nn.io.TensorData;
import dev.lanewise.nn.optim.Adam;
import dev.lanewise.nn.train.TrainingState;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Small valid files. */
final class Seeds {
    private static final TensorData FLOATS = TensorData.of(new float[] {1, -2, 3.5f, 0, 1e30f, Float.NaN}, 2, 3);

    /** A {@code .npy} file; made once, as every file that the library writes waits for the disk. */
    static final byte[] ARRAY = written(file -> Npy.write(file, FLOATS));

    private Seeds() {}

    static List<byte[]> npy() {
        return List.of(
                ARRAY,
                written(file -> Npy.write(file, TensorData.of(new long[] {1, -1, 1L << 40}, 3))),
                text(ARRAY, "<f4", ">f4"),
                text(ARRAY, "<f4", "<u4"),
                text(ARRAY, "False", "True "));
    }

    static List<byte[]> npz() {
        Map<String, TensorData> arrays = Map.of("a", FLOATS, "b", TensorData.of(new int[] {1, 2}, 2));
        return List.of(written(file -> Npz.write(file, arrays, true)), written(file -> Npz.write(file, arrays, false)));
    }

    static List<byte[]> safetensors() {
        Map<String, TensorData> tensors = Map.of("weight", FLOATS, "bias", TensorData.of(new long[] {7}, 1));
        byte[] plain = written(file -> Safetensors.write(file, tensors, Map.of("format", "pt")));
        return List.of(plain, text(plain, "\"I64\"", "\"U64\""));
    }

    static List<byte[]> trainingStates() {
        return List.of(written(file -> {
            Linear model = new Linear(2, 2);
            TrainingState state = TrainingState.of(model, new Adam(model.parameters(), 0.1), null);
            state.save(file, Map.of("progress", Map.of("epoch", 3.0)));
            try {
                Files.move(
                        file.resolveSibling(file.getFileName() + TrainingState.SUFFIX),
                        file,
                        StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        }));
    }

    static List<byte[]> idx() {
        ByteBuffer images = ByteBuffer.allocate(16 + 2 * 4 * 4);
        images.putInt(0x803).putInt(2).putInt(4).putInt(4);
        return List.of(images.array(), Wrapping.gzip(images.array()));
    }

    /** CIFAR-10's archive, of two images. */
    static List<byte[]> tar() {
        ByteBuffer archive = ByteBuffer.allocate(2 * (512 + 3584) + 1024);
        for (String name : List.of("cifar/data_batch_1.bin", "cifar/test_batch.bin")) {
            int start = archive.position();
            archive.put(name.getBytes(StandardCharsets.US_ASCII));
            archive.position(start + 124).put("00000006001 ".getBytes(StandardCharsets.US_ASCII));
            archive.position(start + 156).put((byte) '0').put("ustar".getBytes(StandardCharsets.US_ASCII));
            archive.put(start + 154, (byte) 0).put(start + 155, (byte) ' ');
            archive.position(start + 512 + 3584);
        }
        return List.of(archive.array());
    }

    static List<byte[]> png() {
        BufferedImage indexed = new BufferedImage(9, 5, BufferedImage.TYPE_BYTE_INDEXED);
        return List.of(
                ImageFiles.png(new Image(3, 8, 8)), ImageFiles.png(new Image(1, 3, 17)), image("png", indexed, false));
    }

    static List<byte[]> jpeg() {
        BufferedImage pixels = new BufferedImage(24, 24, BufferedImage.TYPE_INT_RGB);
        for (int i = 0; i < 24 * 24; i++) {
            pixels.setRGB(i % 24, i / 24, i * 0x9e3779);
        }
        return List.of(image("jpeg", pixels, false), image("jpeg", pixels, true));
    }

    static List<byte[]> csv() {
        return List.of(
                utf8("id,age,city\n1,31.5,Oslo\n2,,\"Rome, Italy\"\n3,1e3,\"say \"\"hi\"\"\"\n"),
                utf8("\ufeffa,b\r\n0.1,NA\r\n0.1,x\r\n"));
    }

    static List<byte[]> encoders() {
        return List.of(utf8("{\"age\":[31.5,2.25],\"city\":[\"\",\"Oslo\",\"Rome\"]}"));
    }

    static List<byte[]> texts() {
        return List.of(utf8("Don't stop, said the M\u00fcller's dog\u00a0\u2014 ''''well'''' ... \ud83d\ude00\n"));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] text(byte[] file, String old, String by) {
        String latin = new String(file, StandardCharsets.ISO_8859_1);
        return latin.replace(old, by).getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] image(String format, BufferedImage pixels, boolean progressive) {
        ImageWriter writer = ImageIO.getImageWritersByFormatName(format).next();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
            writer.setOutput(out);
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            if (progressive) {
                parameters.setProgressiveMode(ImageWriteParam.MODE_DEFAULT);
            }
            writer.write(null, new IIOImage(pixels, null, null), parameters);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }

    static byte[] written(Consumer<Path> writer) {
        try {
            Path file = Files.createTempFile("lanewise-fuzz", ".seed");
            try {
                writer.accept(file);
                return Files.readAllBytes(file);
            } finally {
                Files.delete(file);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
