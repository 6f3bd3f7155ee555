"""Elements of HTML: what is no markup can never become it."""

from __future__ import annotations

from markupsafe import Markup

from graph.report.html.markup import tag


def test_text_is_escaped_unless_it_is_markup() -> None:
    assert tag("p", "<b>", Markup("<i>"), title='"<') == '<p title="&#34;&lt;">&lt;b&gt;<i></p>'
    assert tag("i", hidden=True, open=False, id=None) == "<i hidden></i>"
