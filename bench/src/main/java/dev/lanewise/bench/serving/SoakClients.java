package dev.lanewise.bench.serving;

import dev.lanewise.bench.http.HttpText;
import dev.lanewise.bench.http.RawClient;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Clients of {@link ExchangedModels} that check every answer, and others that go away before they have one. Each asks once at least.
 *
 * @param port the server's
 * @param end when to stop, by {@link System#nanoTime}
 * @param texts what each prompt is continued with
 */
record SoakClients(int port, long end, int tokens, Map<String, String> texts, SoakCounts counts) {
    private static final Pattern SCALED =
            Pattern.compile("\"model_version\":\"(\\d+)\".*\"data\":\\[([-0-9.E]+),([-0-9.E]+),([-0-9.E]+)]");
    private static final Pattern TEXT = Pattern.compile("\"text\":\"([^\"]*)\"");
    private static final int LONGEST_LIFE_MILLIS = 40;

    private boolean goesOn() {
        return System.nanoTime() < end;
    }

    /** Asks "scale" again and again. */
    void askForTensors(long seed) {
        var random = new SplittableRandom(seed);
        try (RawClient client = new RawClient(port)) {
            do {
                int first = random.nextInt(1_000);
                String body = "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":["
                        + first + "," + (first + 1) + ",-2]}]}";
                RawClient.Reply reply = send(client, "/v2/models/scale/infer", body);
                if (isAnswer(reply, body)) {
                    Matcher matcher = SCALED.matcher(reply.body());
                    if (matcher.find() && isScaled(matcher, first)) {
                        counts.tensors.increment();
                    } else {
                        counts.fault(body + " was answered by " + reply.body());
                    }
                }
            } while (goesOn());
        } catch (IOException e) {
            counts.fault("no answer with tensors: " + e);
        }
    }

    private static boolean isScaled(Matcher answer, int first) {
        double version = Double.parseDouble(answer.group(1));
        return Double.parseDouble(answer.group(2)) == version * first
                && Double.parseDouble(answer.group(3)) == version * (first + 1)
                && Double.parseDouble(answer.group(4)) == version * -2;
    }

    /** Asks "words" again and again. */
    void askForTexts(long seed) {
        var random = new SplittableRandom(seed);
        String[] prompts = texts.keySet().toArray(String[]::new);
        try (RawClient client = new RawClient(port)) {
            do {
                String prompt = prompts[random.nextInt(prompts.length)];
                String body = text(prompt, tokens, false);
                RawClient.Reply reply = send(client, "/v1/completions", body);
                if (isAnswer(reply, body)) {
                    Matcher matcher = TEXT.matcher(reply.body());
                    if (matcher.find() && matcher.group(1).equals(texts.get(prompt))) {
                        counts.texts.increment();
                    } else {
                        counts.fault(body + " was answered by " + reply.body());
                    }
                }
            } while (goesOn());
        } catch (IOException e) {
            counts.fault("no answer with a text: " + e);
        }
    }

    private static String text(String prompt, int tokens, boolean streamed) {
        return "{\"model\":\"words\",\"prompt\":\"" + prompt + "\",\"max_tokens\":" + tokens
                + ",\"temperature\":0,\"stream\":" + streamed + "}";
    }

    private static RawClient.Reply send(RawClient client, String path, String body) throws IOException {
        return client.send(HttpText.of("POST " + path, "", body.getBytes(StandardCharsets.UTF_8), true));
    }

    private boolean isAnswer(RawClient.Reply reply, String body) throws IOException {
        switch (reply.status()) {
            case 200 -> {
                return true;
            }
            case 429, 503 -> {
                counts.refused.increment();
                pause(10);
            }
            default -> counts.fault(body + " was answered by status " + reply.status() + ": " + reply.body());
        }
        return false;
    }

    /** Asks for long texts and tensors, whole and in part, and closes the connection after a while. */
    void goAway(long seed) {
        var random = new SplittableRandom(seed);
        do {
            boolean isText = random.nextBoolean();
            String body = isText
                    ? text("cats", 2_000, random.nextBoolean())
                    : "{\"inputs\":[{\"name\":\"input\",\"shape\":[1,3],\"datatype\":\"FP32\",\"data\":[1,2,3]}]}";
            HttpText request = HttpText.of(
                    "POST " + (isText ? "/v1/completions" : "/v2/models/scale/infer"),
                    "",
                    body.getBytes(StandardCharsets.UTF_8),
                    true);
            byte[] bytes = request.bytes();
            int sent = random.nextInt(4) == 0 ? random.nextInt(bytes.length) : bytes.length;
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
                socket.setSoLinger(random.nextBoolean(), 0); // half of them are reset rather than closed
                socket.getOutputStream().write(bytes, 0, sent);
                pause(random.nextInt(LONGEST_LIFE_MILLIS));
                counts.killed.increment();
            } catch (IOException e) {
                counts.fault("no connection: " + e);
            }
        } while (goesOn());
    }

    static void pause(int millis) throws IOException {
        try {
            Thread.sleep(millis == 0 ? 0 : ThreadLocalRandom.current().nextInt(millis + 1));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", e);
        }
    }
}
