// Before the first paint: the remembered theme and language, so that nothing flashes.
(function () {
  try {
    var theme = localStorage.getItem("aigcq.theme");
    var language = localStorage.getItem("aigcq.language") || navigator.language;
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
    document.documentElement.lang = /^zh/i.test(language) ? "zh-CN" : "en";
  } catch (_) {
    // no storage: the defaults hold
  }
})();
