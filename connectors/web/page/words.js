// What the page says, in English and Chinese, and which of the two a person reads.

const WORDS = {
  en: {
    skip: "Skip to the message field",
    other: "中文",
    switch: "切换到中文",
    reset: "New conversation",
    forget: "Forget me",
    conversation: "Conversation",
    begin: "You could begin with one of these:",
    down: "New messages",
    label: "Your message",
    placeholder: "Write a message",
    send: "Send",
    stop: "Stop the reply (Escape)",
    keys: "Enter sends, Shift+Enter begins a new line, Escape stops a reply",
    forgetTitle: "Forget this conversation?",
    forgetText: "What was said here will be erased for good, on this page and on our side.",
    keep: "Keep it",
    erase: "Erase it",
    online: "Online",
    writing: "Writing …",
    offline: "Not connected",
    sending: "Sending …",
    sent: "Sent",
    waiting: "Not sent yet. It will be tried again by itself.",
    failed: "Not sent.",
    again: "Try now",
    edit: "Edit",
    lost: "The connection is lost. Trying to get it back …",
    back: "Connected again.",
    elsewhere: "This conversation is open in many windows. This one is asleep.",
    wake: "Continue here",
    cookies: "This chat needs one cookie to know your conversation. Please allow cookies for this page.",
    too_long: "Too long: {n} over the limit of {most} characters.",
    left: "{n} left",
    unusable: "This message holds characters that cannot be sent.",
    refused: "The server refused this message.",
    you: "You",
    bot: "Assistant",
    human: "Our team",
    askReset: "You began a new conversation",
    askForget: "You asked to be forgotten",
    askStop: "You stopped the reply",
    thumbUp: "Good reply",
    thumbDown: "Bad reply",
    today: "Today",
    yesterday: "Yesterday",
  },
  zh: {
    skip: "跳到输入框",
    other: "EN",
    switch: "Switch to English",
    reset: "新对话",
    forget: "忘记我",
    conversation: "对话",
    begin: "可以从这些问题开始：",
    down: "新消息",
    label: "您的消息",
    placeholder: "输入消息",
    send: "发送",
    stop: "停止回复（Esc）",
    keys: "回车发送，Shift+回车换行，Esc 停止回复",
    forgetTitle: "要忘记这次对话吗？",
    forgetText: "这里说过的话将从本页面和我们的系统中永久删除。",
    keep: "保留",
    erase: "删除",
    online: "在线",
    writing: "正在输入……",
    offline: "未连接",
    sending: "发送中……",
    sent: "已发送",
    waiting: "还没发出去，会自动重试。",
    failed: "没有发出去。",
    again: "立即重试",
    edit: "修改",
    lost: "连接断开了，正在重新连接……",
    back: "已重新连接。",
    elsewhere: "这个对话在多个窗口中打开，此窗口已暂停。",
    wake: "在这里继续",
    cookies: "需要一个 Cookie 才能记住您的对话，请允许本页面使用 Cookie。",
    too_long: "太长了：上限 {most} 字，已超出 {n} 字。",
    left: "还可输入 {n} 字",
    unusable: "消息中有无法发送的字符。",
    refused: "服务器拒绝了这条消息。",
    you: "您",
    bot: "智能助手",
    human: "人工客服",
    askReset: "您开始了新对话",
    askForget: "您要求忘记这次对话",
    askStop: "您停止了回复",
    thumbUp: "回答得好",
    thumbDown: "回答得不好",
    today: "今天",
    yesterday: "昨天",
  },
};

const REMEMBERED = "palaver.language";

export function remembered() {
  try {
    const chosen = localStorage.getItem(REMEMBERED);
    if (chosen in WORDS) return chosen;
  } catch {
    // Storage may be forbidden; then the browser's language counts each time.
  }
  return (navigator.languages?.[0] ?? navigator.language ?? "en").toLowerCase().startsWith("zh") ? "zh" : "en";
}

let current = remembered();

export const language = () => current;

export function setLanguage(chosen) {
  current = chosen;
  try {
    localStorage.setItem(REMEMBERED, chosen);
  } catch {
    // As above.
  }
}

export function say(word, values = {}) {
  return Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), WORDS[current][word]);
}

export const locale = () => (current === "zh" ? "zh-CN" : navigator.language.startsWith("en") ? navigator.language : "en");

// Puts the words into everything that asks for them by data-word, data-label or data-placeholder.
export function translate(root = document) {
  document.documentElement.lang = current === "zh" ? "zh-CN" : "en";
  for (const part of root.querySelectorAll("[data-word]")) part.textContent = say(part.dataset.word);
  for (const part of root.querySelectorAll("[data-label]")) {
    part.setAttribute("aria-label", say(part.dataset.label));
    if (part.matches("button")) part.title = say(part.dataset.label);
  }
  for (const part of root.querySelectorAll("[data-placeholder]")) part.placeholder = say(part.dataset.placeholder);
}
