package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.tensor.DType;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What clients of the Open Inference Protocol see. */
class OpenInferenceTest {
    private static final String INFER = "/v2/models/twice/infer";

    private static Server server;
    private static Client client;

    @BeforeAll
    static void start() {
        Server.Builder builder = Server.builder();
        for (DType dtype : DType.values()) {
            builder.model(dtype.name(), "1", TestServable.of(dtype, x -> x, TensorInfo.OPEN));
        }
        server = builder.model("twice", "9", TestServable.doubling())
                .model("twice", "10", TestServable.doubling())
                .model("flags", "1", TestServable.of(DType.BOOL, x -> x, TensorInfo.OPEN))
                .model("bytes", "1", TestServable.of(DType.U8, x -> x, TensorInfo.OPEN))
                .model("table", "1", TestServable.of(DType.I64, x -> x, TensorInfo.OPEN, TensorInfo.OPEN))
                .warmUp(Duration.ZERO)
                .largestBody(20_000)
                .start();
        client = Client.of(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Test
    void metadataSaysWhatTheModelTakesAndGives() {
        assertThat(client.get("/v2").body()).startsWith("{\"name\":\"lanewise\",\"version\":");
        assertThat(client.get("/v2/models/twice").body())
                .isEqualTo("{\"name\":\"twice\",\"versions\":[\"9\",\"10\"],\"platform\":\"lanewise\","
                        + "\"inputs\":[{\"name\":\"x\",\"datatype\":\"FP32\",\"shape\":[-1,3]}],"
                        + "\"outputs\":[{\"name\":\"y\",\"datatype\":\"FP32\",\"shape\":[-1,3]}]}");
    }

    @Test
    void healthIsToldForServerAndModels() {
        assertThat(client.get("/v2/health/live").body()).isEqualTo("{\"live\":true}");
        assertThat(client.get("/v2/health/ready").body()).isEqualTo("{\"ready\":true}");
        assertThat(client.get("/v2/models/twice/versions/9/ready").body())
                .isEqualTo("{\"name\":\"twice\",\"ready\":true}");
        assertThat(client.get("/v2/models/none/ready").statusCode()).isEqualTo(404);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[1,2,3,4,5.5,-6e0]}]}",
                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[[1,2,3],[4,5.5,-6]]}]}",
                "{\"inputs\":[{\"data\":[[1,2,3],[4,5.5,-6]],\"datatype\":\"FP32\",\"shape\":[2,3],\"name\":\"x\"}]}",
            })
    void numbersAreReadInEveryOrderAndNesting(String body) {
        assertThat(client.post(INFER, body).body())
                .isEqualTo("{\"model_name\":\"twice\",\"model_version\":\"10\",\"outputs\":[{\"name\":\"y\","
                        + "\"datatype\":\"FP32\",\"shape\":[2,3],\"data\":[2.0,4.0,6.0,8.0,11.0,-12.0]}]}");
    }

    @Test
    void versionAndIdComeBack() {
        String body =
                "{\"id\":\"a\\\"b\",\"inputs\":[{\"name\":\"x\",\"shape\":[0,3],\"datatype\":\"FP32\",\"data\":[]}]}";
        assertThat(client.post("/v2/models/twice/versions/9/infer", body).body())
                .contains("\"model_version\":\"9\",\"id\":\"a\\\"b\"", "\"shape\":[0,3],\"data\":[]");
    }

    /** As JSON, and as bytes: little-endian. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "F32 | FP32 | [0.1,-1.0E30,1.4E-45] | cdcccc3dcaf249f101000000",
                "F64 | FP64 | [0.1,-1.0E300,4.9E-324] | 9a9999999999b93f9c7500883ce437fe0100000000000000",
                "F16 | FP16 | [1.5,-65504.0,5.9604645E-8] | 003efffb0100",
                "BF16 | BF16 | [1.5,-2.0,9.1835E-41] | c03f00c00100",
                "I8 | INT8 | [-128,127,0] | 807f00",
                "U8 | UINT8 | [0,255,1] | 00ff01",
                "I32 | INT32 | [-2147483648,2147483647,7] | 00000080ffffff7f07000000",
                "I64 | INT64 | [-9223372036854775808,9223372036854775807,7] | 0000000000000080ffffffffffffff7f0700000000000000",
                "BOOL | BOOL | [true,false,true] | 010001",
            })
    void everyTypeComesAndGoesAsTextAndAsBytes(String model, String datatype, String text, String hex)
            throws Exception {
        byte[] bytes = HexFormat.of().parseHex(hex);
        String head = "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"" + datatype + "\",";
        String asText = head + "\"data\":" + text + "}]";
        String asBytes = head + "\"parameters\":{\"binary_data_size\":" + bytes.length + "}}]";
        String bytesOut = ",\"outputs\":[{\"name\":\"y\",\"parameters\":{\"binary_data\":true}}]}";
        for (boolean binary : new boolean[] {false, true}) {
            String json = (binary ? asBytes : asText) + bytesOut;
            byte[] answer = binaryAnswer("/v2/models/" + model + "/infer", json, binary ? bytes : new byte[0]);
            assertThat(HexFormat.of().formatHex(answer)).isEqualTo(hex);
            json = (binary ? asBytes : asText) + "}";
            HttpResponse<byte[]> back =
                    client.bytes(request("/v2/models/" + model + "/infer", json, binary ? bytes : new byte[0]));
            assertThat(new String(back.body(), StandardCharsets.UTF_8))
                    .contains("\"datatype\":\"" + datatype + "\",\"shape\":[3],\"data\":" + text + "}");
        }
    }

    private static HttpRequest request(String path, String json, byte[] tail) {
        byte[] head = json.getBytes(StandardCharsets.UTF_8);
        byte[] body = Arrays.copyOf(head, head.length + tail.length);
        System.arraycopy(tail, 0, body, head.length, tail.length);
        return client.request(path)
                .header("Inference-Header-Content-Length", Integer.toString(head.length))
                .POST(BodyPublishers.ofByteArray(body))
                .build();
    }

    private static byte[] binaryAnswer(String path, String json, byte[] tail) throws Exception {
        HttpResponse<byte[]> answer = client.bytes(request(path, json, tail));
        int length = Integer.parseInt(
                answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
        return Arrays.copyOfRange(answer.body(), length, answer.body().length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "-1 | found a binary_data_size of -1",
                "11 | found a binary_data_size of 11",
                "16 | found a binary_data_size of 16",
                "9223372036854775807 | expected 3 times 4 bytes",
                "9223372036854775808 | not a JSON object",
                "12.0 | has no 'data'",
                "\"12\" | expected a whole number",
                "null | has no 'data'",
            })
    void wrongSizesOfBytesAreToldWhy(String size, String why) throws Exception {
        String json = "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"parameters\":"
                + "{\"binary_data_size\":" + size + "}}]}";
        HttpResponse<byte[]> answer = client.bytes(request(INFER, json, new byte[12]));
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(new String(answer.body(), StandardCharsets.UTF_8)).contains(why);
    }

    @Test
    void otherTypesPassThrough() {
        assertThat(client.post(
                                "/v2/models/flags/infer",
                                "{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"BOOL\",\"data\":[true,false,1]}]}")
                        .body())
                .contains("\"data\":[true,false,true]");
        assertThat(client.post(
                                "/v2/models/bytes/infer",
                                "{\"inputs\":[{\"name\":\"x\",\"shape\":[2],\"datatype\":\"UINT8\",\"data\":[0,255]}]}")
                        .body())
                .contains("\"data\":[0,255]");
        assertThat(client.post(
                                "/v2/models/table/infer",
                                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,2],\"datatype\":\"INT64\","
                                        + "\"data\":[-9223372036854775808,9223372036854775807]}]}")
                        .body())
                .contains("\"data\":[-9223372036854775808,9223372036854775807]");
    }

    @Test
    void numbersThatAreNoneInJsonAreTexts() {
        assertThat(client.post(
                                INFER,
                                "{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\","
                                        + "\"data\":[\"NaN\",\"Infinity\",\"-Infinity\"]}]}")
                        .body())
                .contains("\"data\":[\"NaN\",\"Infinity\",\"-Infinity\"]");
    }

    @Test
    void binaryTensorsComeAndGo() throws Exception {
        byte[] json = ("{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\","
                        + "\"parameters\":{\"binary_data_size\":12}}],\"parameters\":{\"binary_data_output\":true}}")
                .getBytes(StandardCharsets.UTF_8);
        ByteBuffer body = ByteBuffer.allocate(json.length + 12).order(ByteOrder.LITTLE_ENDIAN);
        body.put(json).putFloat(1).putFloat(-2).putFloat(Float.MIN_VALUE);
        HttpResponse<byte[]> answer = client.bytes(client.request(INFER)
                .header("Inference-Header-Content-Length", Integer.toString(json.length))
                .POST(BodyPublishers.ofByteArray(body.array()))
                .build());
        int length = Integer.parseInt(
                answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
        assertThat(new String(answer.body(), 0, length, StandardCharsets.UTF_8))
                .contains("\"parameters\":{\"binary_data_size\":12}");
        ByteBuffer floats = ByteBuffer.wrap(answer.body(), length, 12).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(new float[] {floats.getFloat(), floats.getFloat(), floats.getFloat()})
                .containsExactly(2, -4, 2 * Float.MIN_VALUE);
        assertThat(answer.body()).hasSize(length + 12);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '\'',
            value = {
                "twice|{}|is missing",
                "twice|[]|expected START_OBJECT",
                "twice|{|not a JSON object",
                "twice|{} {}|goes on",
                "twice|{\"inputs\":[{\"name\":\"z\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}|no input 'z'",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,4],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}|shape [1, 4]",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}|shape [3]",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[-1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}|shape [-1, 3]",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP64\",\"data\":[1,2,3]}]}|datatype FP64",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"BYTES\",\"data\":[1,2,3]}]}|datatype BYTES",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2]}]}|2 numbers",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3,4]}]}|more numbers",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[2,3],\"datatype\":\"FP32\",\"data\":[[1,2],[3,4],[5,6]]}]}|array of 2",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,null,3]}]}|VALUE_NULL",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,1e39,3]}]}|beyond the type",
                "twice|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,3],\"datatype\":\"FP32\"}]}|has no 'data'",
                "twice|{\"inputs\":[{\"name\":\"x\",\"name\":\"x\"}]}|Duplicate",
                "twice|{\"inputs\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}|found START_ARRAY",
                "twice|{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}|nesting depth",
                "bytes|{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[256]}]}|found 256",
                "bytes|{\"inputs\":[{\"name\":\"x\",\"shape\":[1],\"datatype\":\"UINT8\",\"data\":[1.5]}]}|a fraction",
                "table|{\"inputs\":[{\"name\":\"x\",\"shape\":[1,1],\"datatype\":\"INT64\",\"data\":[9223372036854775808]}]}|range",
                "table|{\"inputs\":[{\"name\":\"x\",\"shape\":[1000000,1000000],\"datatype\":\"INT64\",\"data\":[]}]}|can't hold",
                "table|{\"inputs\":[{\"name\":\"x\",\"shape\":[4000000000,4000000000],\"datatype\":\"INT64\",\"data\":[]}]}|found shape",
            })
    void wrongRequestsAreToldWhy(String model, String body, String why) {
        HttpResponse<String> answer = client.post("/v2/models/" + model + "/infer", body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).startsWith("{\"error\":\"").contains(why);
    }

    @ParameterizedTest
    @CsvSource({
        "/v2/models/none",
        "/v2/models/twice/versions/11",
        "/v2/models/..%2F..%2Fetc%2Fpasswd",
        "/v2/models/twice/versions/..%2F9",
        "/etc/passwd",
        "/",
    })
    void whatIsNotServedIsNotFound(String path) {
        HttpResponse<String> answer = client.get(path);
        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(answer.body()).startsWith("{\"error\":\"");
    }

    @Test
    void largeBodiesAreRefused() {
        String numbers = "1,".repeat(15_000);
        HttpResponse<String> answer = client.post(INFER, "{\"inputs\":[" + numbers);
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(answer.body()).contains("expected at most 20000");
        HttpResponse<String> chunked = client.text(client.request(INFER)
                .POST(BodyPublishers.fromPublisher(
                        BodyPublishers.ofByteArrays(List.of(numbers.getBytes(StandardCharsets.UTF_8)))))
                .build());
        assertThat(chunked.statusCode()).isEqualTo(413);
    }

    @Test
    void chunkedBodiesAreRead() {
        byte[] body = TestServable.ROW.getBytes(StandardCharsets.UTF_8);
        HttpResponse<String> answer = client.text(client.request(INFER)
                .POST(BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(
                        List.of(Arrays.copyOf(body, 20), Arrays.copyOfRange(body, 20, body.length)))))
                .build());
        assertThat(answer.body()).contains("\"data\":[2.0,4.0,6.0]");
    }
}
