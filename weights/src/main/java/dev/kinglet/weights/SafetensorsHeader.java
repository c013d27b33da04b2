package dev.kinglet.weights;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.kinglet.base.Printable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The description of tensors a safetensors file begins with, read and checked against the length of the file. */
final class SafetensorsHeader {
    /** The key under which a header holds texts about the file. */
    static final String METADATA = "__metadata__";

    static final String DTYPE = "dtype";
    static final String SHAPE = "shape";
    static final String DATA_OFFSETS = "data_offsets";

    /** Bytes before the header: its length. */
    static final int LENGTH_BYTES = Long.BYTES;

    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.CHARSET_DETECTION) // it is UTF-8
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(8)
                    .maxNumberLength(20)
                    .build())
            .build();

    /**
     * A tensor as the header describes it.
     *
     * @param begin its first byte, counted from the end of the header
     * @param end the byte after its last
     * @param offset where in the file it is described
     */
    record Entry(String name, ElementType type, List<Integer> dims, long begin, long end, long offset) {}

    private final String source;
    private final JsonParser json;
    private final WeightLimits limits;
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Map<String, String> metadata = new LinkedHashMap<>();
    private boolean hasMetadata;

    private SafetensorsHeader(String source, JsonParser json, WeightLimits limits) {
        this.source = source;
        this.json = json;
        this.limits = limits;
    }

    /** Reads up to the first byte of the data. */
    static SafetensorsHeader read(FileInput in, WeightLimits limits) throws IOException {
        long length = in.littleEndian(LENGTH_BYTES);
        if (length < 0 || length > in.remaining() || length > limits.headerBytes()) {
            throw WeightsException.at(
                    0,
                    in.name(),
                    "the header claims " + Long.toUnsignedString(length) + " bytes, but the file has " + in.remaining()
                            + " more and at most " + limits.headerBytes() + " are allowed");
        }
        byte[] header = new byte[(int) length];
        in.fill(header, header.length);
        try (JsonParser json = JSON.createParser(header)) {
            SafetensorsHeader read = new SafetensorsHeader(in.name(), json, limits);
            read.parse();
            read.checkPlaces(in.remaining());
            return read;
        } catch (JsonProcessingException e) {
            long offset =
                    e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getByteOffset());
            throw WeightsException.at(
                    LENGTH_BYTES + offset,
                    in.name(),
                    "the header is not JSON: " + Printable.of(String.valueOf(e.getOriginalMessage())));
        }
    }

    /** The tensors by name, in the order of the header. */
    Map<String, Entry> entries() {
        return entries;
    }

    /** The tensors in the order of their data. */
    List<Entry> entriesByPlace() {
        List<Entry> byPlace = new ArrayList<>(entries.values());
        byPlace.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        return byPlace;
    }

    /** The texts about the file, in order. */
    Map<String, String> metadata() {
        return metadata;
    }

    // ---- JSON

    private void parse() throws IOException {
        expect(json.nextToken(), JsonToken.START_OBJECT, "the header is to be a JSON object");
        while (json.nextToken() != JsonToken.END_OBJECT) {
            expect(json.currentToken(), JsonToken.FIELD_NAME, "the header is to be a JSON object");
            String name = json.currentName();
            long offset = offset();
            if (json.nextToken() != JsonToken.START_OBJECT) {
                throw wrong("'" + Printable.of(name) + "' is to be a JSON object");
            }
            if (name.equals(METADATA)) {
                parseMetadata(offset);
            } else {
                parseEntry(name, offset);
            }
        }
        if (json.nextToken() != null) {
            throw wrong("the header goes on after its end");
        }
    }

    private void parseMetadata(long offset) throws IOException {
        if (hasMetadata) {
            throw WeightsException.at(offset, source, METADATA + " comes twice");
        }
        hasMetadata = true;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            if (json.nextToken() != JsonToken.VALUE_STRING) {
                throw wrong("metadata '" + Printable.of(key) + "' is to be a text");
            }
            if (metadata.putIfAbsent(key, json.getText()) != null) {
                throw wrong("metadata '" + Printable.of(key) + "' comes twice");
            }
        }
    }

    private void parseEntry(String name, long offset) throws IOException {
        ElementType type = null;
        List<Integer> dims = null;
        List<Long> place = null;
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String field = json.currentName();
            boolean twice = switch (field) {
                case DTYPE -> type != null;
                case SHAPE -> dims != null;
                case DATA_OFFSETS -> place != null;
                default -> false; // others are passed over
            };
            if (twice) {
                throw about(name, offset, "has '" + field + "' twice");
            }
            json.nextToken();
            switch (field) {
                case DTYPE -> type = type(name, offset);
                case SHAPE ->
                    dims = numbers(name, offset, field, Integer.MAX_VALUE).stream()
                            .map(Long::intValue)
                            .toList();
                case DATA_OFFSETS -> place = numbers(name, offset, field, Long.MAX_VALUE);
                default -> json.skipChildren();
            }
        }
        if (type == null || dims == null || place == null || place.size() != 2) {
            throw about(name, offset, "needs a dtype, a shape and two data_offsets");
        }
        Entry entry = new Entry(name, type, dims, place.get(0), place.get(1), offset);
        checkSize(entry);
        if (entries.putIfAbsent(name, entry) != null) {
            throw about(name, offset, "comes twice");
        }
        if (entries.size() > limits.tensors()) {
            throw wrong("more than " + limits.tensors() + " tensors");
        }
    }

    private ElementType type(String name, long offset) throws IOException {
        String dtype = json.getText();
        return ElementType.ofSafetensors(dtype)
                .orElseThrow(() -> about(
                        name,
                        offset,
                        "is of dtype '" + Printable.of(dtype) + "', which is not one of " + ElementType.names()));
    }

    private List<Long> numbers(String name, long offset, String field, long most) throws IOException {
        List<Long> numbers = new ArrayList<>(4);
        boolean array = json.currentToken() == JsonToken.START_ARRAY;
        while (array && json.nextToken() != JsonToken.END_ARRAY) {
            array = json.currentToken() == JsonToken.VALUE_NUMBER_INT
                    && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                    && json.getLongValue() >= 0
                    && json.getLongValue() <= most;
            if (numbers.size() > Dims.MAX) {
                throw about(name, offset, "has a " + field + " of more than " + Dims.MAX + " numbers");
            }
            numbers.add(array ? json.getLongValue() : 0);
        }
        if (!array) {
            throw about(name, offset, "has a " + field + " that is not an array of whole numbers from 0 to " + most);
        }
        return numbers;
    }

    private void expect(@Nullable JsonToken found, JsonToken expected, String message) throws IOException {
        if (found != expected) {
            throw wrong(message);
        }
    }

    private long offset() {
        return LENGTH_BYTES + Math.max(0, json.currentTokenLocation().getByteOffset());
    }

    private WeightsException wrong(String message) {
        return WeightsException.at(offset(), source, message);
    }

    private WeightsException about(String name, long offset, String message) {
        return WeightsException.about(name, offset, source, message);
    }

    // ---- sizes

    private void checkSize(Entry entry) throws WeightsException {
        long bytes;
        try {
            bytes = (long) Dims.elements(entry.dims()) * entry.type().bytes();
        } catch (IllegalArgumentException e) {
            throw about(entry.name(), entry.offset(), String.valueOf(e.getMessage()));
        }
        if (entry.end() < entry.begin() || entry.end() - entry.begin() != bytes) {
            throw about(
                    entry.name(),
                    entry.offset(),
                    "of " + entry.type() + " " + entry.dims() + " has " + bytes + " bytes, but its offsets are "
                            + entry.begin() + " to " + entry.end());
        }
    }

    /** The data is to be covered by the tensors exactly: the format allows neither overlaps nor gaps nor a rest. */
    private void checkPlaces(long dataBytes) throws WeightsException {
        long covered = 0;
        long inMemory = 0;
        for (Entry entry : entriesByPlace()) {
            if (entry.end() > dataBytes) {
                throw about(
                        entry.name(),
                        entry.offset(),
                        "ends at byte " + entry.end() + " of the data, but the file has only " + dataBytes
                                + " bytes of data; it may be truncated");
            }
            if (entry.begin() != covered) {
                throw about(
                        entry.name(),
                        entry.offset(),
                        "begins at byte " + entry.begin() + " of the data, "
                                + (entry.begin() < covered ? "inside another tensor" : "after a gap")
                                + "; expected " + covered);
            }
            covered = entry.end();
            inMemory += (entry.end() - entry.begin())
                    / entry.type().bytes()
                    * entry.type().bytesInMemory();
        }
        if (covered != dataBytes) {
            throw new WeightsException(
                    source, "has " + dataBytes + " bytes of data, but its tensors only " + covered + " bytes");
        }
        if (inMemory > limits.bytes()) {
            throw new WeightsException(
                    source, "its tensors need " + inMemory + " bytes, where " + limits.bytes() + " are allowed");
        }
    }
}
