package dev.lanewise.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.lanewise.lm.GenerationOptions;
import dev.lanewise.lm.TextGenerator;
import dev.lanewise.text.ChatTemplate;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients of OpenAI's texts see. */
class CompletionsTest {
    private static final String TEXTS = "/v1/completions";
    private static final String CHAT = "/v1/chat/completions";

    @TempDir
    private static Path folder;

    private static TextGenerator generator;
    private static Server server;
    private static Client client;

    @BeforeAll
    static void start() throws IOException {
        generator = SmallGenerator.in(folder);
        server = Server.builder()
                .model("words", "1", Servable.of(generator))
                .model("twice", "1", TestServable.doubling())
                .generation(GenerationLimits.usual().withNewTokens(20))
                .warmUp(Duration.ZERO)
                .start();
        client = Client.of(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    private static String body(String prompt, String more) {
        return "{\"model\":\"words\",\"prompt\":\"" + prompt + "\"" + more + "}";
    }

    private static String chat(String content, String more) {
        return "{\"model\":\"words\",\"messages\":[{\"role\":\"user\",\"content\":" + content + "}]" + more + "}";
    }

    private static String found(String body, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(body);
        assertThat(matcher.find()).as(body).isTrue();
        return matcher.group(1);
    }

    private static String text(HttpResponse<String> answer) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return found(answer.body(), "\"(?:text|content)\":\"([^\"]*)\"");
    }

    /** The pieces of a stream, joined. */
    private static String joined(String stream) {
        StringBuilder all = new StringBuilder();
        Matcher piece = Pattern.compile("\"(?:text|content)\":\"([^\"]*)\"").matcher(stream);
        while (piece.find()) {
            all.append(piece.group(1));
        }
        return all.toString();
    }

    @Test
    void textsThatAreGeneratedTogetherAreThoseThatAreGeneratedAlone() throws Exception {
        List<String> words = List.of("cats", "dogs run", "ships sail far away and", "night");
        List<Future<String>> texts = new ArrayList<>();
        List<String> expected = new ArrayList<>();
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 24; i++) {
                String prompt = words.get(i % words.size());
                int tokens = 1 + 7 * i % 30;
                boolean sampled = i % 3 == 0;
                GenerationOptions options = sampled
                        ? GenerationOptions.sampled(tokens, i)
                                .withTemperature(0.5)
                                .withTopP(0.9)
                        : GenerationOptions.greedy(tokens);
                expected.add(generator.generate(prompt, options));
                String more = ",\"max_tokens\":" + tokens + ",\"stream\":" + (i % 2 == 0) + ",\"seed\":" + i
                        + (sampled ? ",\"temperature\":0.5,\"top_p\":0.9" : ",\"temperature\":0");
                texts.add(threads.submit(
                        () -> joined(client.post(TEXTS, body(prompt, more)).body())));
            }
            for (int i = 0; i < texts.size(); i++) {
                assertThat(texts.get(i).get()).as("text %d", i).isEqualTo(expected.get(i));
            }
        }
        assertThat(expected.stream().distinct().count()).isGreaterThan(10);
    }

    @Test
    void textIsAnsweredWithItsUsage() {
        String expected = generator.generate("cats sleep", GenerationOptions.greedy(5));
        String body = client.post(TEXTS, body("cats sleep", ",\"max_tokens\":5,\"temperature\":0,\"user\":\"u\""))
                .body();
        assertThat(body)
                .matches("\\{\"id\":\"cmpl-[0-9a-f]{16}\",\"object\":\"text_completion\",\"created\":\\d{10,},"
                        + "\"model\":\"words\",\"choices\":\\[\\{\"index\":0,\"text\":\"" + Pattern.quote(expected)
                        + "\",\"logprobs\":null,\"finish_reason\":\"length\"}],"
                        + "\"usage\":\\{\"prompt_tokens\":2,\"completion_tokens\":5,\"total_tokens\":7}}");
        // sixteen tokens where nothing is said
        assertThat(client.post(TEXTS, body("cats", "")).body()).contains("\"completion_tokens\":16,");
    }

    @Test
    void conversationIsAnsweredThroughItsTemplate() {
        String expected = generator
                .chat(List.of(ChatTemplate.message("user", "dogs run")), GenerationOptions.greedy(20))
                .rest();
        HttpResponse<String> answer = client.post(CHAT, chat("\"dogs run\"", ",\"temperature\":0"));
        assertThat(text(answer)).isEqualTo(expected);
        assertThat(answer.body())
                .contains(
                        "\"id\":\"chatcmpl-",
                        "\"object\":\"chat.completion\"",
                        "\"message\":{\"role\":\"assistant\",\"content\":\"",
                        "\"usage\":{\"prompt_tokens\":4,\"completion_tokens\":20,\"total_tokens\":24}");
        String parts = "[{\"type\":\"text\",\"text\":\"dogs\"},{\"type\":\"text\",\"text\":\" run\"}]";
        assertThat(text(client.post(CHAT, chat(parts, ",\"temperature\":0,\"max_completion_tokens\":20"))))
                .isEqualTo(expected);
    }

    @Test
    void streamOfAConversationIsWhatItsClientsExpect() {
        HttpResponse<String> answer = client.post(
                CHAT,
                chat(
                        "\"cats\"",
                        ",\"stream\":true,\"stream_options\":{\"include_usage\":true},\"temperature\":0,\"max_tokens\":4"));
        assertThat(answer.headers().firstValue("content-type")).hasValue("text/event-stream; charset=utf-8");
        List<String> events = List.of(answer.body().strip().split("\n\n", -1));
        assertThat(events).allMatch(event -> event.startsWith("data: "));
        assertThat(events.getFirst())
                .contains(
                        "\"object\":\"chat.completion.chunk\"",
                        "\"delta\":{\"role\":\"assistant\",\"content\":\"\"}",
                        "\"finish_reason\":null",
                        "\"usage\":null");
        assertThat(events.get(events.size() - 3)).contains("\"delta\":{},", "\"finish_reason\":\"length\"");
        assertThat(events.get(events.size() - 2))
                .contains(
                        "\"choices\":[]", "\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4,\"total_tokens\":7}");
        assertThat(events.getLast()).isEqualTo("data: [DONE]");
        assertThat(events).hasSizeGreaterThan(5);
        String id = found(events.getFirst(), "\"id\":\"([^\"]*)\"");
        assertThat(events.subList(0, events.size() - 1)).allMatch(event -> event.contains(id));
        assertThat(joined(answer.body()))
                .isEqualTo(generator
                        .chat(List.of(ChatTemplate.message("user", "cats")), GenerationOptions.greedy(4))
                        .rest());
        assertThat(client.post(CHAT, chat("\"cats\"", ",\"stream\":true")).body())
                .doesNotContain("usage");
    }

    @Test
    void unsupportedTemplateRefusesConversationsOnly() {
        TextGenerator other = new TextGenerator(
                generator.model(), generator.tokenizer(), ChatTemplate.stored("{% include 'other' %}", Map.of()));
        try (Server own = Server.builder()
                        .model("words", "1", Servable.of(other))
                        .warmUp(Duration.ZERO)
                        .start();
                Client asking = Client.of(own)) {
            HttpResponse<String> refused = asking.post(CHAT, chat("\"dogs run\"", ""));
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            assertThat(refused.body()).contains("include", "not supported");
            assertThat(text(asking.post(TEXTS, body("cats", ",\"temperature\":0,\"max_tokens\":4"))))
                    .isEqualTo(generator.generate("cats", GenerationOptions.greedy(4)));
        }
    }

    @Test
    void stopTextsEndATextBeforeThem() {
        String whole = generator.generate("cats", GenerationOptions.greedy(12));
        String stop = whole.strip().split(" ", -1)[5];
        String expected =
                generator.generate("cats", GenerationOptions.greedy(12).withStopTexts(stop));
        for (String written : List.of("\"" + stop + "\"", "[\"never\",\"" + stop + "\"]")) {
            for (boolean streamed : new boolean[] {false, true}) {
                String body = client.post(
                                TEXTS,
                                body(
                                        "cats",
                                        ",\"max_tokens\":12,\"temperature\":0,\"stop\":" + written + ",\"stream\":"
                                                + streamed))
                        .body();
                assertThat(joined(body)).isEqualTo(expected).doesNotContain(stop);
                assertThat(body).contains("\"finish_reason\":\"stop\"");
            }
        }
    }

    @Test
    void stopTokenEndsAText(@TempDir Path other) throws IOException {
        TextGenerator stopping = SmallGenerator.in(other);
        String whole = generator.generate("cats", GenerationOptions.greedy(12));
        int[] tokens = generator.tokenizer().encode(whole, false).ids();
        stopping.model().setStopTokens(List.of(tokens[5]));
        try (Server second = Server.builder()
                        .model("words", "1", Servable.of(stopping))
                        .warmUp(Duration.ZERO)
                        .start();
                Client asking = Client.of(second)) {
            HttpResponse<String> answer = asking.post(TEXTS, body("cats", ",\"max_tokens\":12,\"temperature\":0"));
            assertThat(text(answer)).isEqualTo(stopping.generate("cats", GenerationOptions.greedy(12)));
            assertThat(answer.body()).contains("\"finish_reason\":\"stop\"");
        }
    }

    @Test
    void promptMayBeTokens() {
        String expected = generator.generate("cats sleep", GenerationOptions.greedy(4));
        for (String prompt : List.of("[3,4]", "[[3,4]]", "[\"cats sleep\"]")) {
            String body = "{\"model\":\"words\",\"prompt\":" + prompt + ",\"max_tokens\":4,\"temperature\":0}";
            assertThat(text(client.post(TEXTS, body))).isEqualTo(expected);
        }
    }

    @Test
    void modelsAreListed() {
        assertThat(client.get("/v1/models").body())
                .matches("\\{\"object\":\"list\",\"data\":\\["
                        + "\\{\"id\":\"twice\",\"object\":\"model\",\"created\":\\d{10,},\"owned_by\":\"lanewise\"},"
                        + "\\{\"id\":\"words\",.*}]}");
        assertThat(client.get("/v1/models/words").body()).startsWith("{\"id\":\"words\",\"object\":\"model\"");
        assertThat(client.get("/v1/models/none").statusCode()).isEqualTo(404);
    }

    @Test
    void asTensorsItGivesTheScoresOfTheNextToken() {
        String body = client.post(
                        "/v2/models/words/infer",
                        "{\"inputs\":[{\"name\":\"input_ids\",\"shape\":[2,2],\"datatype\":\"INT64\",\"data\":[3,4,5,6]}]}")
                .body();
        assertThat(body).contains("\"name\":\"scores\",\"datatype\":\"FP32\",\"shape\":[2,16]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "400||the body: found null",
                "400|[]|the body: found START_ARRAY",
                "400|{\"model\":\"words\"}|no 'prompt'",
                "400|{\"model\":\"words\",\"prompt\":7}|expected a text or tokens",
                "400|{\"model\":\"words\",\"prompt\":\"\"}|an empty prompt",
                "400|{\"model\":\"words\",\"prompt\":[]}|expected tokens, or one text",
                "400|{\"model\":\"words\",\"prompt\":[[]]}|an empty prompt",
                "400|{\"model\":\"words\",\"prompt\":[99]}|token 99",
                "400|{\"model\":\"words\",\"prompt\":[-1]}|found -1",
                "400|{\"model\":\"words\",\"prompt\":[\"a\",\"b\"]}|more than one",
                "400|{\"model\":\"words\",\"prompt\":[[1],[2]]}|more than one",
                "400|{\"model\":\"words\",\"messages\":[]}|expected 'prompt'",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"max_tokens\":0}|max_tokens: found 0",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"max_tokens\":1e3}|found VALUE_NUMBER_FLOAT",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"max_tokens\":60000}|expected at most 50000",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"max_tokens\":99999999999999999999}|max_tokens: found 9999",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"temperature\":-1}|temperature: found -1",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"temperature\":\"hot\"}|temperature: found VALUE_STRING",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"top_p\":1.5}|top_p: found 1.5",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"n\":2}|n: found 2, expected 1",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"echo\":true}|echo: not supported",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"logprobs\":3}|logprobs: not supported",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"frequency_penalty\":0.5}|frequency_penalty: found 0.5",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"logit_bias\":{\"3\":1}}|logit_bias: not supported",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"stop\":[\"\"]}|stop: found an empty text",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"stream\":\"yes\"}|stream: found VALUE_STRING",
                "400|{\"model\":\"words\",\"prompt\":\"a\"}{}|goes on",
                "400|{\"model\":\"words\",\"prompt\":\"a\",\"prompt\":\"b\"}|not a JSON object",
                "400|{\"model\":\"twice\",\"prompt\":\"a\"}|generates no texts",
                "404|{\"model\":\"none\",\"prompt\":\"a\"}|expected one of",
            })
    void wrongRequestsAreToldWhy(int status, String body, String why) {
        HttpResponse<String> answer = client.post(TEXTS, body == null ? " " : body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body())
                .startsWith("{\"error\":{\"message\":\"")
                .contains(why, "\"type\":\"invalid_request_error\"", "\"param\":null", "\"code\":\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"model\":\"words\"}|no 'messages'",
                "{\"model\":\"words\",\"messages\":[]}|messages: found none",
                "{\"model\":\"words\",\"messages\":[{\"role\":\"user\"}]}|expected 'role' and 'content'",
                "{\"model\":\"words\",\"messages\":[{\"role\":\"user\",\"content\":7}]}|content: found",
                "{\"model\":\"words\",\"messages\":[{\"role\":\"system\",\"content\":\"a\"}]}|no system",
                "{\"model\":\"words\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}|'image_url'",
                "{\"model\":\"words\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"tools\":[{}]}|tools: not",
                "{\"model\":\"words\",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"response_format\":"
                        + "{\"type\":\"json_object\"}}|response_format: not",
                "{\"model\":\"words\",\"prompt\":\"a\"}|expected 'messages'",
            })
    void wrongConversationsAreToldWhy(String body, String why) {
        HttpResponse<String> answer = client.post(CHAT, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(answer.body()).startsWith("{\"error\":{\"message\":\"").contains(why);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ",\"n\":1,\"best_of\":1,\"echo\":false,\"logprobs\":null,\"suffix\":null,\"logit_bias\":{},\"tools\":[]",
                ",\"presence_penalty\":0,\"frequency_penalty\":0.0,\"response_format\":{\"type\":\"text\"}",
                ",\"temperature\":null,\"stop\":null,\"seed\":null,\"stream\":null,\"stream_options\":null",
                ",\"service_tier\":\"auto\",\"metadata\":{\"a\":[1,{\"b\":2}]}",
                ",\"top_k\":-1,\"min_p\":0.1,\"repetition_penalty\":1.2,\"top_p\":0"
            })
    void whatClientsSendByHabitIsAccepted(String more) {
        assertThat(client.post(TEXTS, body("cats", more)).statusCode()).isEqualTo(200);
    }
}
