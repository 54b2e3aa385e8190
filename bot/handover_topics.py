"""Of which questions a human is told though they were answered, where a desk has no topics of its own: regular
expressions in English, German, French and Spanish."""

_SAFETY = (
    r"smok(?:es|ing)|smoke (?:is |was )?(?:coming|came)|spark(?:s|ing)|on fire|caught fire|electric(?:al)? shock"
    r"|got (?:burn(?:ed|t)|shocked|injured|hurt)|explod(?:ed|ing)"
    r"|(?:battery|phone|laptop) (?:is |has |looks )?(?:swollen|swelling|swelled|bulging)",
    r"raucht|qualmt|(?:feuer|flammen) gefangen|in flammen|stromschlag (?:bekommen|gekriegt|erlitten)|explodiert"
    r"|rauch (?:kommt|kam|steigt|stieg)|funken (?:sprüh\w+|gesprüht|kommen|kamen|fliegen)"
    r"|akku (?:ist |hat sich |sieht )?(?:auf)?(?:gebläht|gequollen)",
    r"(?:ça|il|elle|chargeur|téléphone|batterie) fume|de la fumée|des étincelles|(?:pris|prend) feu|en feu"
    r"|(?:pris|reçu) une décharge|(?:a|est en train d')explos\w+|batterie (?:est |a |s'est )?gonflée?",
    r"(?:echa|echando|sale|saliendo|salió) humo|echa chispas|saltan chispas|se (?:prendió|incendió|está quemando)"
    r"|prendió fuego|descarga eléctrica|explotó|batería (?:está |se ha )?(?:hinchad[ao]|inflad[ao])",
)
_LEGAL = (
    r"my (?:lawyer|attorney|solicitor)|legal action|lawsuit|small claims|(?:will|going to|gonna) sue|take you to court",
    r"mein\w* (?:rechts)?anw[aä]lt\w*|rechtliche schritte|verklage\w*|vor gericht",
    r"mon avocate?|action en justice|porte(?:r|rai)? plainte|poursuivre en justice|au tribunal",
    r"mi abogad[oa]|acciones legales|(?:voy a |vamos a )demandar\w*|ante los tribunales",
)
_DAMAGED = r"(?:damaged|broken|cracked|smashed|shattered|crushed|dented)"
_BESCHAEDIGT = r"(?:beschädigt|kaputt|zerbrochen|zerkratzt|defekt|zerstört|eingedrückt|verbeult)"
_ENDOMMAGE = r"(?:endommag|cass|abîm|bris|écras|fêl)ée?s?"
_DANADO = r"(?:dañad|rot|golpead|aplastad|quebrad|rajad)[oa]s?"
_DELIVERY = (
    r"(?:my|our|it|the (?:parcel|package|box|screen|item|tv))\b.{0,40}\b(?:arrived|came|was delivered)\b"
    rf".{{0,20}}\b{_DAMAGED}",
    r"(?:my|our|it|the (?:parcel|package|box|screen|item|tv))\b.{0,40}\b(?:was|were)\b"
    rf".{{0,20}}\b{_DAMAGED} (?:when|as) (?:it|they|we|i) (?:arrived|came|got|opened|unpacked)",
    rf"(?:(?:my|our|your|the) )?(?:delivery|parcel|package|shipment) was (?:\w+ ){{0,2}}{_DAMAGED}",
    rf"(?:i|we) (?:got|received) (?:an? |my |our |the )?{_DAMAGED}\b.{{0,30}}\bin the (?:parcel|package|box|mail|post)",
    rf"(?:kam|kamen)\b.{{0,40}}\b{_BESCHAEDIGT} (?:bei (?:mir|uns) )?an|{_BESCHAEDIGT} (?:angekommen|geliefert worden)",
    rf"(?:est|sont|m'est) arrivée?s? .{{0,20}}\b{_ENDOMMAGE}|(?:ai|avons) reçu\b.{{0,40}}\b{_ENDOMMAGE}",
    rf"(?:llegó|llegaron|ha llegado|han llegado|recibí) .{{0,40}}\b{_DANADO}",
)
TOPICS = {
    name: rf"\b(?:{'|'.join(patterns)})\b"
    for name, patterns in (("safety", _SAFETY), ("legal", _LEGAL), ("damaged delivery", _DELIVERY))
}
