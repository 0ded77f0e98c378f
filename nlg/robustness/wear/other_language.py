"""A question in German, Spanish, French or Japanese, in place of the whole conversation.

People's replies do not answer that. A good reply comes in English or Chinese, and asks what is meant, says which
languages it knows, or says what it can do. Our own lines.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from nlg.contract import Line, Role
from nlg.data.examples import Example
from nlg.robustness.wearing import Way

LINES = (
    "Wo bleibt mein Paket? Es sollte gestern kommen.",
    "Ich möchte die Schuhe zurückgeben, sie sind zu klein.",
    "Wie lange dauert der Versand nach Österreich?",
    "Mein Gutschein lässt sich nicht einlösen.",
    "Können Sie die Lieferadresse noch ändern?",
    "Die Lampe ist zerbrochen angekommen, was nun?",
    "Ich habe mein Kennwort vergessen.",
    "Bekomme ich eine Rechnung mit Mehrwertsteuer?",
    "Haben Sie den Mantel auch in Blau?",
    "Warum wurde zweimal abgebucht?",
    "Bitte stornieren Sie meine Bestellung.",
    "Gibt es in der Nähe ein Geschäft von Ihnen?",
    "Sprechen Sie Deutsch?",
    "Ich warte seit drei Wochen auf mein Geld.",
    "Der Bote hat das Paket einfach vor die Tür gestellt.",
    "¿Dónde está mi pedido? Ya tendría que haber llegado.",
    "Quiero devolver una chaqueta que no me queda bien.",
    "¿Cuánto cuesta el envío a las islas?",
    "El cupón no funciona al pagar.",
    "¿Puedo cambiar la dirección de entrega?",
    "El jarrón llegó roto, ¿qué hago?",
    "He olvidado mi contraseña y no recibo el correo.",
    "Necesito una factura para mi empresa.",
    "¿Tienen este bolso en rojo?",
    "Me han cobrado dos veces lo mismo.",
    "Por favor, cancelen mi compra.",
    "¿A qué hora abre la tienda?",
    "¿Habla usted español?",
    "Llevo un mes esperando el reembolso.",
    "El repartidor no tocó el timbre.",
    "Où en est ma commande ? Elle devait arriver hier.",
    "Je voudrais renvoyer ce pantalon, il est trop grand.",
    "Combien coûte la livraison en Belgique ?",
    "Mon code de réduction ne marche pas.",
    "Peut-on encore changer l'adresse de livraison ?",
    "La tasse est arrivée cassée, que faire ?",
    "J'ai oublié mon mot de passe.",
    "Puis-je avoir une facture au nom de ma société ?",
    "Avez-vous cette robe en taille moyenne ?",
    "J'ai été débité deux fois.",
    "Merci d'annuler ma commande.",
    "Le magasin est-il ouvert le dimanche ?",
    "Parlez-vous français ?",
    "J'attends mon remboursement depuis des semaines.",
    "Le livreur n'a pas sonné.",
    "荷物がまだ届きません。いつ届きますか。",
    "サイズが合わないので返品したいです。",
    "送料はいくらですか。",
    "クーポンが使えないんですけど。",
    "お届け先の住所を変えられますか。",
    "届いたお皿が割れていました。",
    "パスワードを忘れてしまいました。",
    "領収書を出してもらえますか。",
    "このかばんの黒はありますか。",
    "二重に引き落とされています。",
    "注文をキャンセルしてください。",
    "お店は何時まで開いていますか。",
    "日本語は話せますか。",
    "返金はいつになりますか。",
    "配達の人が来ませんでした。",
)
"""Fifteen of each language."""
TOPICS = (
    "conversation/switch_language",
    "conversation/unclear_message",
    "conversation/repeat_or_clarify",
    "conversation/what_can_you_do",
    "conversation/greeting",
)
OURS = frozenset({"en", "zh"})


def ways(_: Path) -> Sequence[Way]:
    says = "a question in German, Spanish, French or Japanese in place of the conversation"
    return (Way("other language", says, wear, empties=True, topics=TOPICS, languages=OURS),)


def wear(example: Example, chance: random.Random) -> Example:
    return replace(example, lines=(Line(Role.USER, chance.choice(LINES)),), replies=())
