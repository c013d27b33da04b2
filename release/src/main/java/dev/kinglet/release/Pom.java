package dev.kinglet.release;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.xml.XMLConstants;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.jspecify.annotations.Nullable;
import org.w3c.dom.Element;
import org.w3c.dom.Node;
import org.xml.sax.SAXException;

/** A POM as it was published. What it leaves to its parent is asked of the parent. */
final class Pom {
    /** A dependency, a managed one or a parent; the version is empty where the POM leaves it to another. */
    record Reference(String groupId, String artifactId, String version, String scope) {
        @Override
        public String toString() {
            return groupId + ":" + artifactId + (version.isEmpty() ? "" : ":" + version);
        }
    }

    private static final Pattern EXPRESSION = Pattern.compile("\\$\\{([^}]+)}");

    private final Element project;
    private final @Nullable Pom parent;

    private Pom(Element project, @Nullable Pom parent) {
        this.project = project;
        this.parent = parent;
    }

    /** Reads a POM. @throws IOException if that is no XML, or no project */
    static Pom read(byte[] content) throws IOException {
        try {
            DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
            factory.setFeature(XMLConstants.FEATURE_SECURE_PROCESSING, true);
            factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
            var builder = factory.newDocumentBuilder();
            builder.setErrorHandler(null);
            Element root = builder.parse(new ByteArrayInputStream(content)).getDocumentElement();
            if (!root.getTagName().equals("project")) {
                throw new IOException("the root element is " + root.getTagName() + ", not project");
            }
            return new Pom(root, null);
        } catch (SAXException | ParserConfigurationException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    Pom withParent(@Nullable Pom resolved) {
        return new Pom(project, resolved);
    }

    Optional<Reference> parentReference() {
        return child(project, "parent").map(element -> reference(element));
    }

    /** The text at a path such as {@code scm/url}, of this POM alone. */
    String own(String path) {
        Optional<Element> at = Optional.of(project);
        for (String name : path.split("/", -1)) {
            at = at.flatMap(element -> child(element, name));
        }
        return at.map(element -> interpolated(element.getTextContent().strip())).orElse("");
    }

    /** The same, of the nearest POM up the line of parents that has it. */
    String inherited(String path) {
        String own = own(path);
        return own.isEmpty() && parent != null ? parent.inherited(path) : own;
    }

    boolean has(String element) {
        return child(project, element).isPresent();
    }

    String packaging() {
        String own = own("packaging");
        return own.isEmpty() ? "jar" : own;
    }

    /** Parent, dependencies and managed dependencies, of this POM alone. */
    List<Reference> references() {
        List<Reference> all = new ArrayList<>();
        parentReference().ifPresent(all::add);
        all.addAll(dependencies());
        child(project, "dependencyManagement")
                .flatMap(management -> child(management, "dependencies"))
                .ifPresent(list -> children(list).forEach(element -> all.add(reference(element))));
        return all;
    }

    List<Reference> dependencies() {
        return child(project, "dependencies")
                .map(list -> children(list).stream().map(this::reference).toList())
                .orElse(List.of());
    }

    /** The version that this POM's line of parents manages for an artifact, empty if none does. */
    String managedVersion(Reference dependency) {
        return references().stream()
                .filter(managed -> managed.groupId().equals(dependency.groupId())
                        && managed.artifactId().equals(dependency.artifactId())
                        && !managed.version().isEmpty())
                .map(Reference::version)
                .findFirst()
                .orElseGet(() -> parent == null ? "" : parent.managedVersion(dependency));
    }

    /** Whether a bill of materials is imported, whose versions are not in this POM. */
    boolean importsAnother() {
        return references().stream().anyMatch(managed -> managed.scope().equals("import"))
                || (parent != null && parent.importsAnother());
    }

    private Reference reference(Element element) {
        return new Reference(
                text(element, "groupId"),
                text(element, "artifactId"),
                text(element, "version"),
                text(element, "scope"));
    }

    private String text(Element element, String name) {
        return child(element, name)
                .map(found -> interpolated(found.getTextContent().strip()))
                .orElse("");
    }

    private String interpolated(String text) {
        Map<String, String> properties = properties();
        Matcher expression = EXPRESSION.matcher(text);
        return expression.replaceAll(
                match -> Matcher.quoteReplacement(properties.getOrDefault(match.group(1), match.group())));
    }

    private Map<String, String> properties() {
        Map<String, String> all = new HashMap<>(parent == null ? Map.of() : parent.properties());
        child(project, "properties")
                .ifPresent(list -> children(list)
                        .forEach(element -> all.put(
                                element.getTagName(), element.getTextContent().strip())));
        child(project, "version")
                .or(() -> child(project, "parent").flatMap(up -> child(up, "version")))
                .ifPresent(version ->
                        all.put("project.version", version.getTextContent().strip()));
        // properties of properties, such as a version made of two
        all.replaceAll((name, value) -> EXPRESSION
                .matcher(value)
                .replaceAll(match -> Matcher.quoteReplacement(all.getOrDefault(match.group(1), match.group()))));
        return all;
    }

    private static Optional<Element> child(Element parent, String name) {
        return children(parent).stream()
                .filter(element -> element.getTagName().equals(name))
                .findFirst();
    }

    private static List<Element> children(Element parent) {
        var nodes = parent.getChildNodes();
        return IntStream.range(0, nodes.getLength())
                .mapToObj(nodes::item)
                .filter(node -> node.getNodeType() == Node.ELEMENT_NODE)
                .map(Element.class::cast)
                .toList();
    }
}
