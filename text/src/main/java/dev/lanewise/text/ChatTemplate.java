package dev.lanewise.text;

import dev.lanewise.text.jinja.Template;
import dev.lanewise.text.json.Json;
import dev.lanewise.text.json.JsonFile;
import dev.lanewise.text.json.RegularFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Renders a conversation as the text that a model was trained with. Templates are written in Jinja. The subset that
 * chat templates use is supported, as configured by transformers: {@code for} with {@code loop} and {@code if},
 * {@code if}, {@code set} (with blocks and namespaces), {@code macro}, {@code call}, {@code filter}, {@code with},
 * {@code raw}, {@code generation}, {@code break} and {@code continue}; Python's operators, slices and methods of
 * strings, lists and dicts; most filters and tests; {@code raise_exception}, {@code strftime_now}, {@code range},
 * {@code namespace}. Unsupported features ({@code include}, {@code extends}, recursive loops…) cause an error that
 * names them. Immutable, so that threads can share it.
 *
 * {@snippet :
 * ChatTemplate template = HfTokenizer.load(Path.of("model")).chatTemplate();
 * String prompt = template.render(List.of(ChatTemplate.message("user", "Hello!")), true);
 * }
 */
public final class ChatTemplate {
    private static final List<String> SPECIAL_TOKENS =
            List.of("bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token");
    /** The template, or the error of parsing it. */
    private final Object template;

    private final Map<String, String> specialTokens;
    private final Clock clock;

    private ChatTemplate(Object template, Map<String, String> specialTokens, Clock clock) {
        this.template = template;
        this.specialTokens = specialTokens;
        this.clock = clock;
    }

    /**
     * Parses a template in Jinja, as models' files hold it.
     *
     * @param source the template
     * @param specialTokens texts that templates name, such as {@code bos_token} and {@code eos_token}; one that is
     *     absent is undefined in the template
     * @return the template
     * @throws TokenizerException if it is not a template, or uses unsupported features
     */
    public static ChatTemplate of(String source, Map<String, String> specialTokens) {
        return new ChatTemplate(
                Template.parse(source), Map.copyOf(specialTokens), Clock.system(ZoneId.systemDefault()));
    }

    /**
     * Takes a template that a model's file holds. Unlike {@link #of}, it never fails because of the template, so that a
     * model whose template cannot be used still encodes texts: rendering throws what {@code of} would have thrown.
     *
     * @param source the template
     * @param specialTokens texts that templates name, as in {@link #of}
     * @return the template
     */
    public static ChatTemplate stored(String source, Map<String, String> specialTokens) {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(specialTokens, "specialTokens");
        try {
            return of(source, specialTokens);
        } catch (TokenizerException e) {
            return new ChatTemplate(e, Map.copyOf(specialTokens), Clock.system(ZoneId.systemDefault()));
        }
    }

    /**
     * Loads the template from a model's folder.
     *
     * @param folder a folder with {@code tokenizer_config.json}, and possibly {@code chat_template.jinja}, which takes
     *     precedence
     * @return the template; if it uses unsupported features, rendering throws the error
     * @throws TokenizerException if there is none
     */
    public static ChatTemplate load(Path folder) {
        ChatTemplate found = find(folder);
        if (found == null) {
            throw new TokenizerException("there is no chat template in " + folder
                    + ": neither chat_template.jinja nor `chat_template` in tokenizer_config.json");
        }
        return found;
    }

    static @Nullable ChatTemplate find(Path folder) {
        Path config = folder.resolve("tokenizer_config.json");
        Json json = Files.exists(config) ? JsonFile.read(config) : new Json(Map.of(), "tokenizer_config.json");
        String source = source(folder.resolve("chat_template.jinja"), json.get("chat_template"));
        return source == null ? null : stored(source, specialTokens(json));
    }

    private static @Nullable String source(Path file, Json inConfig) {
        if (Files.exists(file)) {
            return RegularFile.text(file);
        }
        if (!(inConfig.value() instanceof List<?>)) {
            return inConfig.optionalString();
        }
        // several by name: use the one called default
        for (Json named : inConfig.list()) {
            if (named.need("name").string().equals("default")) {
                return named.need("template").string();
            }
        }
        return null;
    }

    private static Map<String, String> specialTokens(Json json) {
        Map<String, String> out = new LinkedHashMap<>();
        for (String name : SPECIAL_TOKENS) {
            Json token = json.get(name);
            if (token.value() instanceof Map<?, ?>) {
                token = token.need("content");
            }
            if (!token.isNull()) {
                out.put(name, token.string());
            }
        }
        return out;
    }

    /**
     * This template with another clock, which {@code strftime_now} asks.
     *
     * @param newClock the clock
     * @return a template that shares everything else
     */
    public ChatTemplate withClock(Clock newClock) {
        Objects.requireNonNull(newClock, "newClock");
        return new ChatTemplate(template, specialTokens, newClock);
    }

    /**
     * {@return a message of a conversation, as templates read it}
     *
     * @param role who says it, such as {@code user}, {@code assistant} or {@code system}
     * @param content what is said
     */
    public static Map<String, Object> message(String role, String content) {
        Objects.requireNonNull(role, "role");
        Objects.requireNonNull(content, "content");
        Map<String, Object> out = new LinkedHashMap<>();
        out.put("role", role);
        out.put("content", content);
        return out;
    }

    /**
     * Turns a conversation into the text that the model was trained on.
     *
     * @param messages the messages in order
     * @param addGenerationPrompt whether the text ends with the prompt for the model's answer
     * @return the text; it contains its special tokens, so encode it without adding any
     * @throws TokenizerException if the template raises an error, with its message, cannot handle its
     *     arguments, or is a stored one with unsupported features
     */
    public String render(List<? extends Map<String, ?>> messages, boolean addGenerationPrompt) {
        Objects.requireNonNull(messages, "messages");
        return render(messages, Map.of("add_generation_prompt", addGenerationPrompt));
    }

    /**
     * Renders a conversation with more variables, such as {@code tools} or {@code enable_thinking}.
     *
     * @param messages the messages in order; besides role and content they may have whatever a template uses
     * @param variables the variables by name: null, booleans, numbers, strings, lists and maps of these; if
     *     absent, {@code tools} and {@code documents} are None and {@code add_generation_prompt} is false
     * @return the text; it contains its special tokens, so encode it without adding any
     * @throws TokenizerException if the template raises an error, with its message, cannot handle its
     *     arguments, or is a stored one with unsupported features
     */
    public String render(List<? extends Map<String, ?>> messages, Map<String, ? extends @Nullable Object> variables) {
        Objects.requireNonNull(messages, "messages");
        if (!(template instanceof Template parsed)) {
            TokenizerException error = (TokenizerException) template;
            throw new TokenizerException(String.valueOf(error.getMessage()), error);
        }
        Map<String, @Nullable Object> all = new LinkedHashMap<>(specialTokens);
        all.put("tools", null);
        all.put("documents", null);
        all.put("add_generation_prompt", false);
        variables.forEach((name, value) -> all.put(name, value(value, name, 0)));
        all.put("messages", value(messages, "messages", 0));
        return parsed.render(all, ZonedDateTime.now(clock));
    }

    /** Java's values as templates know them. */
    private static @Nullable Object value(@Nullable Object v, String name, int depth) {
        if (depth > 200) {
            throw new TokenizerException("chat template: `" + name + "` is nested deeper than 200");
        }
        return switch (v) {
            case null -> null;
            case String s -> s;
            case Boolean b -> b;
            case Long n -> n;
            case Integer n -> n.longValue();
            case Short n -> n.longValue();
            case Byte n -> n.longValue();
            case Double d -> d;
            case Float f -> Double.parseDouble(f.toString());
            case List<?> list -> {
                List<@Nullable Object> out = new ArrayList<>();
                list.forEach(item -> out.add(value(item, name, depth + 1)));
                yield out;
            }
            case Map<?, ?> map -> {
                Map<@Nullable Object, @Nullable Object> out = new LinkedHashMap<>();
                map.forEach((key, item) -> out.put(value(key, name, depth + 1), value(item, name, depth + 1)));
                yield out;
            }
            default ->
                throw new TokenizerException("chat template: `" + name + "` holds a "
                        + v.getClass().getName() + "; null, booleans, numbers, strings, lists and maps are expected");
        };
    }
}
