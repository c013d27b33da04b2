package dev.kinglet.judges.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * An answer, as the command line or as Spark gives it.
 *
 * @param label of the best class; empty if there is an error
 * @param error empty if there is none
 */
record Answer(String label, List<Integer> classes, List<Double> scores, String error) {
    /** What {@code kinglet predict --format jsonl} printed, by absolute path. */
    static Map<String, Answer> ofPredict(String lines) throws IOException {
        ObjectMapper mapper = new ObjectMapper();
        Map<String, Answer> answers = new TreeMap<>();
        for (String line : lines.lines().toList()) {
            JsonNode node = mapper.readTree(line);
            String path =
                    Path.of(node.get("file_name").asText()).toAbsolutePath().toString();
            if (node.has("error")) {
                answers.put(
                        path,
                        new Answer("", List.of(), List.of(), node.get("error").asText()));
                continue;
            }
            answers.put(
                    path,
                    new Answer(
                            node.get("label_names").get(0).asText(),
                            values(node.get("class_ids")).map(JsonNode::asInt).toList(),
                            values(node.get("scores")).map(JsonNode::asDouble).toList(),
                            ""));
        }
        return answers;
    }

    private static Stream<JsonNode> values(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false);
    }

    /** The rows of {@link ParquetDump}, by path without a scheme; a path that comes twice fails. */
    static Map<String, Answer> ofDump(String lines) {
        Map<String, Answer> answers = new LinkedHashMap<>();
        for (String line : lines.lines().toList()) {
            String[] cells = line.split("\t", -1);
            String path = cells[0].startsWith("file:")
                    ? URI.create(cells[0].replace(" ", "%20")).getPath()
                    : cells[0];
            Answer answer = new Answer(
                    cells[1],
                    Arrays.stream(cells[2].split(",", -1))
                            .filter(text -> !text.isEmpty())
                            .map(Integer::valueOf)
                            .toList(),
                    Arrays.stream(cells[3].split(",", -1))
                            .filter(text -> !text.isEmpty())
                            .map(Double::valueOf)
                            .toList(),
                    cells[4]);
            if (answers.put(path, answer) != null) {
                throw new AssertionError(path + " has two rows");
            }
        }
        return answers;
    }

    boolean isError() {
        return !error.isEmpty();
    }
}
