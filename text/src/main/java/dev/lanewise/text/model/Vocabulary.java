package dev.lanewise.text.model;

import dev.lanewise.text.json.Json;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Tokens by id and ids by token. */
public final class Vocabulary {
    private final Map<String, Integer> ids;
    private final @Nullable String[] tokens;

    private Vocabulary(Map<String, Integer> ids, @Nullable String[] tokens) {
        this.ids = ids;
        this.tokens = tokens;
    }

    /** Reads an object of ids. */
    public static Vocabulary of(Json json) {
        Map<String, Object> map = json.map();
        Map<String, Integer> ids = HashMap.newHashMap(map.size());
        int largest = -1;
        for (Map.Entry<String, Object> entry : map.entrySet()) {
            if (!(entry.getValue() instanceof Long id) || id < 0 || id > Integer.MAX_VALUE - 8) {
                throw json.get(entry.getKey()).expected("an id from 0");
            }
            ids.put(entry.getKey(), id.intValue());
            largest = Math.max(largest, id.intValue());
        }
        // a sparse vocabulary is a mistake or an attack: a table by id would exhaust memory
        if (largest > 4L * map.size() + 1_000_000) {
            throw json.error("has the id " + largest + " among " + map.size() + " tokens");
        }
        @Nullable String[] tokens = new String[largest + 1];
        ids.forEach((token, id) -> {
            if (tokens[id] == null) {
                tokens[id] = token;
            }
        });
        return new Vocabulary(ids, tokens);
    }

    /** The vocabulary whose ids are positions in a list; for equal tokens, the last position counts. */
    public static Vocabulary of(String[] list) {
        Map<String, Integer> ids = HashMap.newHashMap(list.length);
        for (int i = 0; i < list.length; i++) {
            ids.put(list[i], i);
        }
        return new Vocabulary(ids, list.clone());
    }

    /** The id of a token; null if there is none. */
    public @Nullable Integer id(String token) {
        return ids.get(token);
    }

    /** The token of an id; null if there is none. */
    public @Nullable String token(int id) {
        return id >= 0 && id < tokens.length ? tokens[id] : null;
    }

    /** How many tokens there are. */
    public int size() {
        return ids.size();
    }

    /** One more than the largest id. */
    public int limit() {
        return tokens.length;
    }

    /** All tokens with their ids. */
    public Map<String, Integer> ids() {
        return ids;
    }
}
