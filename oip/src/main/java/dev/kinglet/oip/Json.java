package dev.kinglet.oip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;

/** JSON as the protocol's messages are read and written. */
final class Json {
    private static final int MAX_NAME = 1000; // characters of a field's
    private static final int MAX_NUMBER = 100; // characters
    private static final int MAX_FIELDS = 1000; // of an object

    private Json() {}

    /** Parsers of limited depth; the length of a text is limited by whoever limits the body. */
    static JsonFactory factory(JsonLimits limits) {
        return new JsonFactoryBuilder()
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(limits.depth())
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(MAX_NAME)
                        .maxNumberLength(MAX_NUMBER)
                        .build())
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                .enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER)
                .build();
    }

    static String place(JsonParser parser) {
        JsonLocation location = parser.currentTokenLocation();
        return "line " + location.getLineNr() + ", column " + location.getColumnNr();
    }

    /** Checks the token that a parser is at. */
    static void require(JsonParser parser, JsonToken wanted, String what) throws IOException {
        if (parser.currentToken() != wanted) {
            throw new OipException(what + " is " + parser.currentToken() + " at " + place(parser) + ", not " + wanted);
        }
    }

    static String text(JsonParser parser, String what) throws IOException {
        require(parser, JsonToken.VALUE_STRING, what);
        return parser.getText();
    }

    /** An integer that fits a long. */
    static long integer(JsonParser parser, String what) throws IOException {
        require(parser, JsonToken.VALUE_NUMBER_INT, what);
        if (parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw new OipException(what + " is " + parser.getText() + ", beyond 64 bits");
        }
        return parser.getLongValue();
    }

    static boolean flag(JsonParser parser, String what) throws IOException {
        if (!parser.currentToken().isBoolean()) {
            throw new OipException(
                    what + " is " + parser.currentToken() + " at " + place(parser) + ", not true or false");
        }
        return parser.getBooleanValue();
    }

    /** What to do with a field's value, which the parser is at. */
    interface Field {
        void read(String name) throws IOException;
    }

    /** Reads an object, from its brace on; what a field does not read is skipped, and null is as if it were not there. */
    static void object(JsonParser parser, String what, Field field) throws IOException {
        require(parser, JsonToken.START_OBJECT, what);
        int fields = 0;
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            checkCount(++fields, MAX_FIELDS, what, "fields");
            if (parser.nextToken() != JsonToken.VALUE_NULL) {
                field.read(name);
            }
        }
    }

    /**
     * Reads an array, from its bracket on.
     *
     * @param max elements
     */
    static void array(JsonParser parser, String what, int max, Field element) throws IOException {
        require(parser, JsonToken.START_ARRAY, what);
        int count = 0;
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            checkCount(++count, max, what, "elements");
            element.read(what);
        }
    }

    private static void checkCount(int count, int max, String what, String parts) throws OipException {
        if (count > max) {
            throw new OipException(what + " has more than " + max + " " + parts);
        }
    }
}
