package dev.lanewise.lm.cases;

import dev.lanewise.text.ChatTemplate;
import dev.lanewise.text.HfTokenizer;
import dev.lanewise.text.TokenizerException;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Checks conversations rendered by chat templates, and their tokens. */
final class ChatCases implements CaseFolder.Part {
    private static final List<String> RESULTS = List.of("messages", "rendered", "ids", "error", "raised");

    ChatCases() {}

    @Override
    public void run(Path folder, Report report) throws IOException {
        for (Path chat : CaseFolder.children(folder)) {
            if (Files.isDirectory(chat)) {
                String name = String.valueOf(chat.getFileName());
                report.guarded(name, () -> {
                    ChatTemplate template = ChatTemplate.load(chat);
                    Json config = JsonFile.read(chat.resolve("tokenizer_config.json"));
                    HfTokenizer tokenizer = HfTokenizer.load(folder.resolveSibling("tokenizers")
                            .resolve(config.need("tokenizer").string())
                            .resolve("tokenizer.json"));
                    Lines.check(chat.resolve("cases.jsonl"), name, report, c -> check(template, tokenizer, c));
                });
            }
        }
    }

    @SuppressWarnings("unchecked")
    private static List<String> check(ChatTemplate template, HfTokenizer tokenizer, Json c) {
        Map<String, Object> variables = new HashMap<>(c.map());
        variables.keySet().removeAll(RESULTS);
        List<Map<String, Object>> messages =
                (List<Map<String, Object>>) (List<?>) c.need("messages").values();
        String got;
        try {
            got = template.render(messages, variables);
        } catch (TokenizerException e) {
            boolean meant = !c.get("error").isNull()
                    && (!c.get("raised").bool(false) || c.get("error").string().equals(e.getMessage()));
            return meant ? List.of() : List.of(e.toString());
        }
        if (!c.get("error").isNull()) {
            return List.of("no error: " + c.get("error").string());
        }
        if (!got.equals(c.need("rendered").string())) {
            return List.of(got + " for " + c.need("rendered").string());
        }
        int[] ids = tokenizer.encode(got, false).ids();
        int[] want = Lines.ids(c.need("ids"));
        return Arrays.equals(ids, want) ? List.of() : List.of(Arrays.toString(ids) + " for " + Arrays.toString(want));
    }
}
