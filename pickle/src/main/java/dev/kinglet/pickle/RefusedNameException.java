package dev.kinglet.pickle;

import dev.kinglet.base.Printable;

/** A name that stands for nothing. */
final class RefusedNameException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    RefusedNameException(String name) {
        super("the file asks for '" + Printable.of(name)
                + "', which is refused: only numbers, strings, lists, dictionaries and arrays are read");
    }
}
