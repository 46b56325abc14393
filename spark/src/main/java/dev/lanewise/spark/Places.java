package dev.lanewise.spark;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the ranks are.
 *
 * @param port where rank 0 listens
 * @param executors the executor of each rank
 */
record Places(int port, List<String> executors) {
    private static final Pattern RANK = Pattern.compile("\\brank (\\d+)\\b(?! \\()");
    private static final String SEPARATOR = "|";

    /** What a rank tells the others. */
    static String own(ServerSocketChannel listening) throws IOException {
        int port = listening.getLocalAddress() instanceof InetSocketAddress address ? address.getPort() : 0;
        return port + SEPARATOR + RankBody.executor();
    }

    /** What all told, by rank. */
    static Places of(String[] told) {
        return new Places(
                Integer.parseInt(told[0].substring(0, told[0].indexOf(SEPARATOR))),
                Arrays.stream(told)
                        .map(text -> text.substring(text.indexOf(SEPARATOR) + 1))
                        .toList());
    }

    /** A message in which each rank is followed by its executor. */
    String named(String message) {
        return RANK.matcher(message).replaceAll(found -> {
            int rank = found.group(1).length() > 6 ? executors.size() : Integer.parseInt(found.group(1));
            String place = rank < executors.size() ? " (" + executors.get(rank) + ")" : "";
            return Matcher.quoteReplacement(found.group() + place);
        });
    }
}
