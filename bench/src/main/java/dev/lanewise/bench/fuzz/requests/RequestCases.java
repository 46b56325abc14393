package dev.lanewise.bench.fuzz.requests;

import dev.lanewise.bench.fuzz.files.Mutator;
import dev.lanewise.bench.http.HttpText;
import dev.lanewise.bench.serving.SmallLanguageModel;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Random requests to the models of {@link RequestsTarget}: right ones, then damaged in the body, the head or both. */
final class RequestCases {
    private static final List<String> PATHS = List.of(
            "/",
            "/v2",
            "/metrics",
            "/v2/health/live",
            "/v2/models/rows",
            "/v2/models/none",
            "/v2/models/rows/versions/1/ready",
            "/v2/models/rows/versions/999999999999999999999",
            "/v2/models/..%2f..%2f..%2fetc%2fpasswd",
            "/v2/models/rows/versions/..%2f..",
            "/v2/models/%00",
            "/v2/models/rows/../../../../etc/passwd",
            "/v2/models//infer",
            "/v1/embeddings",
            "/v1/completions",
            "/v1/chat/completions",
            "/v1/models",
            "/v1/models/words",
            "/v1/models/..%2f..",
            "//",
            "*");
    private static final List<String> METHODS =
            List.of("GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "BREW", "get");
    private static final List<String> VALUES = List.of(
            "-1",
            "0",
            "1e999",
            "1.5",
            "9223372036854775808",
            "null",
            "true",
            "\"x\"",
            "[]",
            "{}",
            "[[[]]]",
            "\"\\ud800\"",
            "99999999999",
            "4611686018427387904",
            "-0",
            "1e-999",
            "\"NaN\"",
            "\"-Infinity\"",
            "\"\"",
            "\"FP32\"");
    private static final List<String> HEADERS = List.of(
            "Inference-Header-Content-Length: -1",
            "Inference-Header-Content-Length: 999999999999999999",
            "Inference-Header-Content-Length: 0",
            "Inference-Header-Content-Length: x",
            "Content-Length: 5",
            "Content-Length: -5",
            "Content-Length: 99999999999999999999",
            "Transfer-Encoding: chunked",
            "Transfer-Encoding: gzip, chunked",
            "Content-Encoding: gzip",
            "Content-Encoding: nonsense",
            "Content-Type: \u0001",
            "Expect: 100-continue",
            "Expect: nonsense",
            "Connection: close",
            "Connection: Upgrade\r\nUpgrade: h2c",
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "traceparent: nonsense",
            "Authorization: Bearer",
            "X: " + "y".repeat(9_000),
            "Range: bytes=0-1",
            "Accept-Encoding: gzip;q=0.5, *;q=nonsense",
            ": empty",
            "no colon");

    private static final List<String> TEXT_OPTIONS = List.of(
            "\"temperature\":0.5",
            "\"top_p\":0.9",
            "\"seed\":7",
            "\"stop\":[\"cats\",\"far a\"]",
            "\"n\":1",
            "\"user\":\"someone\"",
            "\"logit_bias\":{}",
            "\"stream_options\":{\"include_usage\":true}",
            "\"response_format\":{\"type\":\"text\"}",
            "\"stream\":true",
            "\"top_k\":3");
    private static final List<String> VECTOR_OPTIONS =
            List.of("\"encoding_format\":\"base64\"", "\"dimensions\":1", "\"user\":\"someone\"");

    private static final Pattern VALUE = Pattern.compile("-?\\d+(\\.\\d+)?|\"[A-Za-z0-9_]*\"");

    private final SplittableRandom random;
    private final Mutator mutator;

    RequestCases(long seed, long number) {
        this.random = new SplittableRandom(seed * 0x9e3779b97f4a7c15L + number);
        this.mutator = new Mutator(random);
    }

    HttpText next() {
        int kind = random.nextInt(20);
        if (kind == 0) {
            return odd();
        }
        HttpText right = right();
        if (kind < 4) {
            return right;
        }
        if (kind < 10) {
            return bodyOf(right, mutator.mutate(right.body(), right().body()));
        }
        if (kind < 15) {
            return bodyOf(right, swapped(right.body()));
        }
        if (kind < 18) {
            return new HttpText(header(right.head()), right.body(), false, false);
        }
        return new HttpText(mutator.mutate(right.head(), right().head()), right.body(), false, false);
    }

    /** A request with another body, for which its head is made right. */
    private static HttpText bodyOf(HttpText request, byte[] body) {
        String text = new String(request.head(), StandardCharsets.ISO_8859_1)
                .replaceAll("Content-Length: \\d+\r\n\r\n", "Content-Length: " + body.length + "\r\n\r\n");
        return new HttpText(text.getBytes(StandardCharsets.ISO_8859_1), body, request.isFramed(), false);
    }

    private HttpText odd() {
        String path = pick(PATHS);
        return HttpText.of(pick(METHODS) + " " + path, "", new byte[random.nextBoolean() ? 0 : 10], false);
    }

    private String pick(List<String> list) {
        return list.get(random.nextInt(list.size()));
    }

    /** One value of the JSON is replaced by another one, which leaves it well-formed. */
    private byte[] swapped(byte[] body) {
        String text = new String(body, StandardCharsets.ISO_8859_1);
        List<int[]> values = new ArrayList<>();
        Matcher matcher = VALUE.matcher(text);
        while (matcher.find()) {
            values.add(new int[] {matcher.start(), matcher.end()});
        }
        if (values.isEmpty()) {
            return body;
        }
        int[] value = values.get(random.nextInt(values.size()));
        String swapped = text.substring(0, value[0]) + pick(VALUES) + text.substring(value[1]);
        return swapped.getBytes(StandardCharsets.ISO_8859_1);
    }

    private byte[] header(byte[] head) {
        String text = new String(head, StandardCharsets.ISO_8859_1);
        return text.replaceFirst("\r\n", "\r\n" + pick(HEADERS).replace("$", "") + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    // ---- right requests

    private HttpText right() {
        return switch (random.nextInt(6)) {
            case 0 -> text();
            case 1 -> embeddings();
            default -> tensors();
        };
    }

    /** A request for vectors of texts in OpenAI's format. */
    private HttpText embeddings() {
        List<String> texts = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            texts.add("\"" + "a b\\u00e9".repeat(random.nextInt(1, 12)) + "\"");
        }
        List<String> fields = new ArrayList<>(List.of(
                "\"model\":\"vectors\"",
                "\"input\":" + (texts.size() == 1 ? texts.getFirst() : "[" + String.join(",", texts) + "]")));
        for (String option : VECTOR_OPTIONS) {
            if (random.nextInt(4) == 0) {
                fields.add(random.nextInt(fields.size() + 1), option);
            }
        }
        byte[] body = ("{" + String.join(",", fields) + "}").getBytes(StandardCharsets.UTF_8);
        return HttpText.of("POST /v1/embeddings", "", body, true);
    }

    /** A request for a text in OpenAI's format. */
    private HttpText text() {
        boolean isChat = random.nextBoolean();
        List<String> fields = new ArrayList<>();
        fields.add("\"model\":\"words\"");
        fields.add("\"max_tokens\":" + (1 + random.nextInt(8)));
        String words = "\"" + String.join(" ", pick(SmallLanguageModel.WORDS), pick(SmallLanguageModel.WORDS)) + "\"";
        if (isChat) {
            String content = random.nextBoolean() ? words : "[{\"type\":\"text\",\"text\":" + words + "}]";
            fields.add("\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]");
        } else {
            fields.add("\"prompt\":" + (random.nextBoolean() ? words : "[1,2,3]"));
        }
        for (String option : TEXT_OPTIONS) {
            if (random.nextInt(4) == 0) {
                fields.add(random.nextInt(fields.size() + 1), option);
            }
        }
        byte[] body = ("{" + String.join(",", fields) + "}").getBytes(StandardCharsets.UTF_8);
        return HttpText.of("POST /v1/" + (isChat ? "chat/" : "") + "completions", "", body, true);
    }

    private HttpText tensors() {
        String model = pick(List.of("rows", "bytes", "table", "pair", "vectors"));
        boolean binary = random.nextInt(3) == 0;
        int rows = random.nextInt(5);
        List<Part> parts = switch (model) {
            case "rows" -> List.of(part("x", "FP32", binary, 4, rows, 3));
            case "bytes" -> List.of(part("x", "UINT8", binary, 1, rows));
            case "table" -> List.of(part("x", "INT64", binary, 8, rows, random.nextInt(3)));
            case "pair" -> List.of(part("x", "FP32", binary, 4, rows, 2, 2), part("mask", "BOOL", binary, 1, rows));
            default -> tokens(rows, random.nextInt(20), binary);
        };
        String json = json(parts);
        byte[] text = json.getBytes(StandardCharsets.UTF_8);
        int length =
                text.length + parts.stream().mapToInt(part -> part.bytes.length).sum();
        ByteBuffer body = ByteBuffer.allocate(length).put(text);
        parts.forEach(part -> body.put(part.bytes));
        String version = random.nextBoolean() ? "" : "/versions/1";
        return HttpText.of(
                "POST /v2/models/" + model + version + "/infer",
                binary ? "Inference-Header-Content-Length: " + text.length + "\r\n" : "",
                body.array(),
                true);
    }

    private List<Part> tokens(int rows, int length, boolean binary) {
        return List.of(
                part("input_ids", "INT64", binary, 8, rows, length),
                part("attention_mask", "INT64", binary, 8, rows, length));
    }

    private record Part(String json, byte[] bytes) {}

    private String json(List<Part> parts) {
        String id = random.nextInt(4) == 0 ? "\"id\":\"a\\u00e9\\n\"," : "";
        String outputs = random.nextInt(4) == 0
                ? ",\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":" + random.nextBoolean() + "}}]"
                : "";
        String parameters = random.nextInt(4) == 0
                ? ",\"parameters\":{\"binary_data_output\":" + random.nextBoolean() + ",\"timeout\":0,\"more\":[{}]}"
                : "";
        return "{" + id + parts.stream().map(Part::json).collect(Collectors.joining(",", "\"inputs\":[", "]")) + outputs
                + parameters + "}";
    }

    private Part part(String name, String datatype, boolean binary, int unit, int... shape) {
        int elements = 1;
        for (int size : shape) {
            elements *= size;
        }
        String sizes = Arrays.toString(shape);
        List<String> fields = new ArrayList<>(
                List.of("\"name\":\"" + name + "\"", "\"datatype\":\"" + datatype + "\"", "\"shape\":" + sizes));
        byte[] bytes = new byte[0];
        if (binary) {
            fields.add("\"parameters\":{\"binary_data_size\":" + elements * unit + "}");
            bytes = binary(elements * unit, datatype);
        } else {
            Supplier<String> number = () -> number(datatype);
            fields.add("\"data\":" + (random.nextBoolean() ? flat(elements, number) : nested(shape, 0, number)));
        }
        if (random.nextInt(3) == 0) {
            Collections.swap(fields, random.nextInt(fields.size()), random.nextInt(fields.size()));
        }
        return new Part("{" + String.join(",", fields) + "}", bytes);
    }

    private byte[] binary(int length, String datatype) {
        ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            if (datatype.equals("BOOL")) {
                bytes.put((byte) random.nextInt(2));
            } else {
                bytes.put((byte) random.nextInt());
            }
        }
        return bytes.array();
    }

    private String number(String datatype) {
        return switch (datatype) {
            case "FP32" -> random.nextInt(5) == 0 ? "-1.5e3" : Integer.toString(random.nextInt(100));
            case "UINT8" -> Integer.toString(random.nextInt(256));
            case "BOOL" -> Boolean.toString(random.nextBoolean());
            default -> Long.toString(random.nextLong());
        };
    }

    private static String flat(int elements, Supplier<String> number) {
        List<String> numbers = new ArrayList<>();
        for (int i = 0; i < elements; i++) {
            numbers.add(number.get());
        }
        return "[" + String.join(",", numbers) + "]";
    }

    private static String nested(int[] shape, int dim, Supplier<String> number) {
        List<String> inside = new ArrayList<>();
        for (int i = 0; i < shape[dim]; i++) {
            inside.add(dim == shape.length - 1 ? number.get() : nested(shape, dim + 1, number));
        }
        return "[" + String.join(",", inside) + "]";
    }
}
