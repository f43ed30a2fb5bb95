"use strict";
// Shown while another page operates. In the same browser it takes over when that one is gone, or when asked to.

if (document.body.dataset.same === "yes") {
  document.getElementById("same").hidden = false;
  document.getElementById("over").addEventListener("click", () => { location.href = "?over=yes"; });
  setInterval(async () => {
    try {
      const answer = await fetch("alive");
      if (answer.ok && !(await answer.json()).alive) location.href = "./";
    } catch {
      document.querySelector("h1").textContent = "The recording has ended";
    }
  }, 1000);
}
