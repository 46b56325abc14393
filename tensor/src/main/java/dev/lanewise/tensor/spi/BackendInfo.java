package dev.lanewise.tensor.spi;

import java.util.Map;

/**
 * What a backend says about itself.
 *
 * @param name a short name, for example {@code vector-cpu}
 * @param summary one line for display
 * @param details further facts by name, in the order to print them
 */
public record BackendInfo(String name, String summary, Map<String, String> details) {}
