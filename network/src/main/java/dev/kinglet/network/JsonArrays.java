package dev.kinglet.network;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON arrays of strings or numbers in a file's metadata. */
final class JsonArrays {
    private static final JsonFactory JSON = new JsonFactory();

    private JsonArrays() {}

    private interface Element<T> {
        void write(JsonGenerator json, T value) throws IOException;
    }

    /** Reads the current token, or gives null where it is of another kind. */
    private interface Reader<T> {
        @Nullable
        T read(JsonParser json) throws IOException;
    }

    static String ofStrings(List<String> values) {
        return write(values, JsonGenerator::writeString);
    }

    static String ofNumbers(List<Double> values) {
        return write(values, (json, value) -> json.writeNumber(value.doubleValue()));
    }

    static List<String> strings(String key, String text) throws IOException {
        return read(
                key, "strings", text, json -> json.currentToken() == JsonToken.VALUE_STRING ? json.getText() : null);
    }

    static List<Double> numbers(String key, String text) throws IOException {
        return read(key, "numbers", text, json -> json.currentToken().isNumeric() ? json.getDoubleValue() : null);
    }

    private static <T> String write(List<T> values, Element<T> element) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartArray();
            for (T value : values) {
                element.write(json, value);
            }
            json.writeEndArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e); // a StringWriter cannot fail
        }
        return text.toString();
    }

    private static <T> List<T> read(String key, String what, String text, Reader<T> reader) throws IOException {
        String expected = "metadata '" + key + "' must be a JSON array of " + what;
        List<T> values = new ArrayList<>();
        try (JsonParser json = JSON.createParser(text)) {
            if (json.nextToken() != JsonToken.START_ARRAY) {
                throw new IOException(expected);
            }
            while (json.nextToken() != JsonToken.END_ARRAY) {
                T value = json.currentToken() == null ? null : reader.read(json);
                if (value == null) {
                    throw new IOException(expected);
                }
                values.add(value);
            }
        } catch (JsonProcessingException e) {
            throw new IOException(expected + ": " + e.getOriginalMessage(), e);
        }
        return values;
    }
}
