package dev.lanewise.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A page of the guide as one program: its {@code java} blocks in their order, and what they print.
 *
 * <p>Imports go to the top, blocks that begin with a type or a static method become members, and all other code is the body
 * of {@code main}.
 * An HTML comment that begins with {@code java} holds code that a reader needs not see. A {@code text} block is what the
 * code above it prints.
 */
record GuidePage(String name, String source, String output) {
    static final String MAIN_CLASS = "Page";

    private static final Pattern MEMBER =
            Pattern.compile("\\s*(static |(final |sealed )?(class|record|interface|enum) )");

    static GuidePage read(Path file) throws IOException {
        List<String> imports = new ArrayList<>();
        List<String> members = new ArrayList<>();
        List<String> body = new ArrayList<>();
        List<String> output = new ArrayList<>();
        for (Block block : blocks(Files.readAllLines(file))) {
            switch (block.language) {
                case "java" -> {
                    List<String> code = new ArrayList<>(block.lines);
                    code.stream().filter(GuidePage::isImport).forEach(imports::add);
                    code.removeIf(GuidePage::isImport);
                    String text = String.join("\n", code);
                    (MEMBER.matcher(text).lookingAt() ? members : body).add(text);
                }
                case "text" -> output.addAll(block.lines);
                default -> {
                    // commands and project files are for the reader
                }
            }
        }
        return new GuidePage(file.getFileName().toString(), program(imports, members, body), lines(output));
    }

    private static boolean isImport(String line) {
        return line.startsWith("import ");
    }

    private static String program(List<String> imports, List<String> members, List<String> body) {
        return imports.stream().distinct().collect(Collectors.joining("\n"))
                + "\n\npublic final class " + MAIN_CLASS + " {\n"
                + members.stream().map(GuidePage::asStatic).collect(Collectors.joining("\n"))
                + "\npublic static void main(String[] args) throws Exception {\n"
                + String.join("\n", body)
                + "\n}\n}\n";
    }

    private static String asStatic(String member) {
        String code = member.strip();
        return code.startsWith("static ") ? code : "static " + code;
    }

    private static String lines(List<String> output) {
        return output.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private record Block(String language, List<String> lines) {}

    private static List<Block> blocks(List<String> page) {
        List<Block> blocks = new ArrayList<>();
        for (int i = 0; i < page.size(); i++) {
            String line = page.get(i);
            boolean hidden = line.equals("<!-- java");
            if (hidden || line.startsWith("```")) {
                int end = i + 1;
                while (!page.get(end).equals(hidden ? "-->" : "```")) {
                    end++;
                }
                blocks.add(new Block(hidden ? "java" : line.substring(3).strip(), page.subList(i + 1, end)));
                i = end;
            }
        }
        return blocks;
    }
}
