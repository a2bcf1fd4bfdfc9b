//! Mails as files.

use mail::{Message, Template, TemplateError, Templates};
use types::{Email, Name};

const WELCOME: Template = Template {
    name: "welcome",
    subject: "Welcome to {{ product }}, {{ name }}\n",
    text: "{% extends \"layout.txt\" %}
{% block body %}
Hello {{ name }},

your account is ready: {{ link }}
{% endblock %}
",
    html: "{% extends \"layout.html\" %}
{% block body %}
<h1>Hello {{ name }}</h1>
<p>Your account is ready.</p>
<p><a class=\"button\" href=\"{{ link }}\">Sign in</a></p>
{% endblock %}
",
};

fn render(template: &Template, values: &[(&str, &str)]) -> Result<Message, TemplateError> {
    let to = Email::parse("ada@example.com").unwrap();
    Templates::new("Marquee", &[*template])?.render(template, to, Some(Name::parse("Ada").unwrap()), values)
}

#[test]
fn a_template_becomes_a_mail_in_the_frame_of_all_mails() {
    let link = "https://films.example/sign-in?a=1&b=2";
    let mail = render(&WELCOME, &[("name", "Ada"), ("link", link)]).unwrap();
    let shown = format!("Subject: {}\n\n{}\n=====\n{}", mail.subject.as_str(), mail.text, mail.html);
    insta::assert_snapshot!("welcome", shown);
}

#[test]
fn values_are_escaped_in_html_and_in_html_alone() {
    let hostile = "<script>alert(1)</script>\"'&";
    let mail = render(&WELCOME, &[("name", hostile), ("link", "javascript:\"><b>")]).unwrap();
    assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>"), "{}", mail.html);
    assert!(mail.html.contains("&lt;script&gt;"), "{}", mail.html);
    assert!(mail.text.contains(hostile), "{}", mail.text);
    assert!(mail.subject.as_str().ends_with(hostile));
}

#[test]
fn a_value_that_is_missing_is_an_error_that_repeats_none_of_the_others() {
    let error = render(&WELCOME, &[("name", "Ada"), ("token", "secret-token")]).unwrap_err();
    let TemplateError::Render { name, source } = &error else { panic!("{error:?}") };
    assert_eq!(name, "welcome.txt");
    let told = format!("{error} {error:?} {source} {source:#} {source:?}");
    assert!(!told.contains("secret-token") && !told.contains("Ada"), "{told}");
}

#[test]
fn a_subject_is_one_line() {
    for hostile in ["Ada\r\nBcc: eve@example.com", "Ada\nX: y", "Ada\0"] {
        let error = render(&WELCOME, &[("name", hostile), ("link", "x")]).unwrap_err();
        assert!(matches!(error, TemplateError::Subject { .. }), "{error:?}");
    }
}

#[test]
fn a_template_that_does_not_parse_is_found_at_the_start() {
    let broken = Template { html: "{% if %}", ..WELCOME };
    let error = Templates::new("Marquee", &[broken]).unwrap_err();
    assert!(matches!(&error, TemplateError::Render { name, .. } if name == "welcome.html"), "{error:?}");
}
